"""Fifty faults at random moments: the class ends with the grades of an undisturbed run, and nothing is left over."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from course_lib.kernels import client
from course_lib.kernels.wire import DIR_VARIABLE
from tests.databases import Postgres, postgres
from tests.grading import classroom
from tests.grading.faults import harness
from tests.grading.faults.harness import Fault, Run

FAULTS = 50
ROOT = Path(__file__).parents[3]
LOG = ROOT / "_build" / "grading" / "faults.txt"
_LONGEST = 1.6
"""Seconds within which a fault follows the start of a run, or the fault before it."""


@dataclass
class Class:
    """The submissions, and where the sandboxes of these tests belong."""

    course: Path
    folder: Path
    environment: dict[str, str]
    database: Postgres
    lines: list[str] = field(default_factory=list)

    def start(self, out: Path, db_url: str, jobs: int) -> Run:
        """Begin to grade, or to go on."""
        log = self.folder / f"log-{time.monotonic_ns()}"
        arguments = ["--course", str(self.course), "--out", str(out), "--db", db_url, "-j", str(jobs)]
        return harness.start(arguments, log, self.environment)


@pytest.fixture(scope="module")
def graded_class(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """A class that has handed in; the fault log is written when all is done."""
    folder = tmp_path_factory.mktemp("faults")
    patch = pytest.MonkeyPatch()
    with tempfile.TemporaryDirectory(prefix="f-", dir="/tmp") as warm, postgres() as database:
        patch.setenv(DIR_VARIABLE, warm)  # short, and not anybody else's
        found = Class(classroom.course(folder), folder, {DIR_VARIABLE: warm}, database)
        try:
            yield found
        finally:
            client.stop_servers()
            patch.undo()
            LOG.parent.mkdir(parents=True, exist_ok=True)
            LOG.write_text("".join(f"{line}\n" for line in found.lines), encoding="utf-8")


@pytest.fixture(scope="module")
def undisturbed(graded_class: Class) -> dict[str, object]:
    """What a class that nothing happens to ends with."""
    out = graded_class.folder / "undisturbed"
    db_url = f"sqlite:///{out}/gradebook.db"
    run = graded_class.start(out, db_url, 2)
    assert run.wait() == 0, run.log.read_text(encoding="utf-8")
    found = harness.snapshot(out, db_url)
    assert {f"rows of {student}" for student in classroom.STUDENTS} <= found.keys()
    return found


def test_fifty_faults_change_nothing(graded_class: Class, undisturbed: dict[str, object]) -> None:
    seed = done = 0
    while done < FAULTS:
        seed += 1
        done += _suffer(graded_class, seed, done, undisturbed)


def _suffer(its: Class, seed: int, done: int, undisturbed: dict[str, object]) -> int:
    """Grade the class once, through faults and restarts; returns how many there were."""
    chance = random.Random(seed)
    out = its.folder / f"disturbed-{seed}"
    remote = seed % 2 == 0
    db_url = its.database.new_database() if remote else f"sqlite:///{out}/gradebook.db"

    def disconnect(run: Run, chance: random.Random) -> str:
        """The network between the coordinator and its database fails for a moment."""
        return "the database connection" if its.database.disconnect(db_url) else ""

    faults: list[Fault] = [
        *(harness.kill_coordinator, harness.kill_worker, harness.kill_student, harness.kill_judge),
        *(harness.kill_server, harness.fill_disk, *([disconnect] if remote else [])),
    ]
    chance.shuffle(faults)
    lines: list[str] = []
    kept: dict[str, str] = {}
    seen: set[psutil.Process] = set()
    finished = -1
    while True:
        run = its.start(out, db_url, jobs=1)
        while run.running() and faults:
            delay = chance.uniform(0.05, _LONGEST)
            run.process.join(delay)
            if not run.running():
                break
            if len(harness.gradings(out)) == finished:
                continue  # one misfortune per submission: two are more than it is graded again for
            seen |= {*run.workers(), *harness.sandboxes()}
            hit = faults[-1](run, chance)
            if hit:
                finished = len(harness.gradings(out))
                faults.pop()
                lines.append(f"{delay:.2f} s later: {hit}")
        status = run.wait()
        said = run.log.read_text(encoding="utf-8")
        assert "Traceback" not in said, said
        assert status in (0, 1, -9), said
        now = harness.gradings(out)
        assert {student: now[student] for student in kept} == kept, "what was graded was graded again"
        kept = now
        if status == 0:
            break
        lines.append(
            f"  ended with status {status}: {said.strip().splitlines()[-1] if status == 1 else 'killed'}"
        )
    differences = harness.differences(harness.snapshot(out, db_url), undisturbed)
    assert not differences, "\n".join([*lines, *differences])
    assert harness.until(lambda: not any(process.is_running() for process in seen)), "processes are left"
    assert harness.until(lambda: not harness.sandboxes())
    hits = [line for line in lines if not line.startswith("  ")]
    its.lines.append(f"class {seed}, gradebook in {'PostgreSQL' if remote else 'SQLite'}")
    number = done
    for line in lines:
        number += not line.startswith("  ")
        its.lines.append(line if line.startswith("  ") else f"{number:3} {line}")
    its.lines.append(
        "  the same rows, notebooks and pages as undisturbed; nothing graded twice; nothing left running"
    )
    return len(hits)
