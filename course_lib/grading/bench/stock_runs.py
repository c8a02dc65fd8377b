"""What `nbgrader autograde` costs: the real command, one process, a cold kernel per submission."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.grading.bench.corpora import Course
from course_lib.grading.bench.environment import variables
from course_lib.grading.bench.meter import Meter
from course_lib.notebooks.errors import CourseError

CONFIGURATIONS = {
    "stock": [],
    "stock, immediate shutdown": ["--Execute.shutdown_kernel=immediate"],
}
"""nbgrader as it is installed, and with the one setting that makes it faster."""

_BEGINS = re.compile(r"Creating/updating student with ID '([^']+)'")
_ENDS = re.compile(r"Setting destination file permissions")


@dataclass
class StockRun:
    """One run over a class. Seconds are of wall clock; `wall` and `cpu` are of the whole command.

    seconds, submission_cpu: of each submission, in the order of `students`. What is left of `wall` and `cpu`
    is what the command needs once, to start and to end.
    """

    configuration: str
    students: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    submission_cpu: list[float] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    exact_cpu: bool = True

    @property
    def once(self) -> float:
        """Seconds that the command needs whatever the size of the class."""
        return self.wall - sum(self.seconds)

    @property
    def cpu_once(self) -> float:
        """CPU seconds of the same."""
        return self.cpu - sum(self.submission_cpu)


def run(
    course: Course,
    configuration: str,
    scratch: Path,
    *,
    first: int | None = None,
    progress: Callable[[], None] = lambda: None,
) -> StockRun:
    """Let nbgrader grade a course (at its root, where its gradebook and autograded notebooks stay).

    configuration: one of CONFIGURATIONS. first: how many of the class are graded (default: all).
    progress: called after each submission. Raises CourseError when nbgrader stops or leaves somebody out.
    """
    wanted = list(course.students[:first])
    for student in course.students[len(wanted) :]:
        shutil.rmtree(course.submitted / student)
    log: list[str] = []
    result = StockRun(configuration)
    command = [sys.executable, "-m", "nbgrader", "autograde", course.slug, *CONFIGURATIONS[configuration]]
    with Meter() as meter:
        result.exact_cpu = meter.exact
        start = began = time.perf_counter()
        cpu_began = 0.0
        process = meter.start(command, env=variables(scratch), cwd=course.root, output=subprocess.PIPE)
        assert process.stdout is not None
        with process, process.stdout:
            for raw in process.stdout:
                line = raw.decode(errors="replace").rstrip()
                log.append(line)
                if found := _BEGINS.search(line):
                    began, cpu_began = time.perf_counter(), meter.cpu()
                    result.students.append(found[1])
                elif _ENDS.search(line):
                    result.seconds.append(time.perf_counter() - began)
                    result.submission_cpu.append(meter.cpu() - cpu_began)
                    progress()
        result.wall = time.perf_counter() - start
        result.cpu = meter.cpu()
    if process.returncode or len(result.seconds) != len(wanted) or sorted(result.students) != sorted(wanted):
        told = next((line for line in reversed(log) if line.strip()), "it said nothing")
        raise CourseError(
            f"nbgrader graded {len(result.seconds)} of {len(wanted)} submissions of '{course.slug}' "
            f"and ended with status {process.returncode}: {told}",
            code=1,
        )
    return result
