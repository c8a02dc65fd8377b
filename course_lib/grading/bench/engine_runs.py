"""What this engine costs: `course grade`, from a cold start, on the same files as nbgrader."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.grading.bench.corpora import Course
from course_lib.grading.bench.environment import variables
from course_lib.grading.bench.meter import Meter
from course_lib.grading.engine.journal import Journal
from course_lib.notebooks.errors import CourseError

_POLL_SECONDS = 0.1


@dataclass
class EngineRun:
    """One run over a class. Seconds are of wall clock; `wall` and `cpu` are of the whole command.

    finished: when each result was there, in seconds after the start, sorted. own_cpu: what the student's and
    the tests' code used, per submission. seconds: how long each submission was being graded.
    """

    mode: str
    jobs: int
    finished: list[float] = field(default_factory=list)
    own_cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    wall: float = 0.0
    cpu: float = 0.0
    exact_cpu: bool = True

    @property
    def size(self) -> int:
        """Submissions graded."""
        return len(self.finished)

    @property
    def steady_rate(self) -> float:
        """Submissions per second once every worker is at work: without the start and the end of the command.

        Not a number for a class that is no larger than the number of workers.
        """
        rest = self.finished[self.jobs - 1 :]
        return (len(rest) - 1) / (rest[-1] - rest[0]) if len(rest) > 1 else float("nan")


@dataclass
class Latency:
    """Seconds from a submission's bytes to its result as JSON, one after the other, the engine being warm."""

    mode: str
    seconds: list[float] = field(default_factory=list)


def run(
    course: Course,
    mode: str,
    jobs: int,
    scratch: Path,
    *,
    progress: Callable[[], None] = lambda: None,
    watch: Callable[[int], None] | None = None,
) -> EngineRun:
    """Grade a course by `course grade`, into its own gradebook.

    scratch: an empty folder; the results stay below `out/`. progress: called for each result. watch: called
    ten times a second with the process id of the command. Raises CourseError when the command fails or leaves
    somebody out.
    """
    out = scratch / "out"
    # Options before the subcommand are the course command's own; all of these belong to `grade`.
    command = [
        *(sys.executable, "-m", "course_lib.cli", "grade", course.slug),
        *("--course", str(course.root), "--submissions", str(course.submitted)),
        *("--db", f"sqlite:///{course.root / 'gradebook.db'}"),
        *("--out", str(out), "--mode", mode, "-j", str(jobs)),
    ]
    result = EngineRun(mode, jobs)
    with Meter() as meter, tempfile.TemporaryFile() as log:
        result.exact_cpu = meter.exact
        began, start = time.time(), time.perf_counter()
        process = meter.start(command, env=variables(scratch), cwd=course.root, output=log)
        seen: set[Path] = set()
        try:
            while True:
                ended = process.poll() is not None
                if watch is not None:
                    watch(process.pid)
                for path in set(out.glob("results/*/*.json")) - seen:
                    seen.add(path)
                    progress()
                if ended:
                    break
                _wait(process)
            result.wall = time.perf_counter() - start
            result.cpu = meter.cpu()
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        told = log.read().decode(errors="replace").strip().splitlines()
    graded = list(Journal(out, course.slug).results())
    if process.returncode or len(graded) != len(course.students):
        raise CourseError(
            f"'course grade' graded {len(graded)} of {len(course.students)} submissions of '{course.slug}' "
            f"and ended with status {process.returncode}: {(told or ['it said nothing'])[-1]}",
            code=1,
        )
    result.finished = sorted(path.stat().st_mtime - began for path in seen)
    result.own_cpu = [one.own_cpu for one in graded]
    result.seconds = [one.seconds for one in graded]
    result.statuses = dict(Counter(one.status for one in graded))
    return result


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return


def latency(course: Course, mode: str, scratch: Path, size: int) -> Latency:
    """Grade `size` submissions in one process, one after the other, after one that is not counted.

    scratch: an empty folder. Raises CourseError when the process fails.
    """
    command = [
        *(sys.executable, "-m", "course_lib.grading.bench.latency"),
        *(str(course.root), course.slug, mode, str(size)),
    ]
    done = subprocess.run(command, env=variables(scratch), cwd=scratch, capture_output=True, text=True)
    if done.returncode:
        told = done.stderr.strip().splitlines() or ["it said nothing"]
        raise CourseError(f"measuring single submissions of '{course.slug}' failed: {told[-1]}", code=1)
    return Latency(mode, json.loads(done.stdout))
