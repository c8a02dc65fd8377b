"""The local pool: every submission gives one result, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from course_lib.grading.engine import pool
from course_lib.grading.engine.model import FAILED, GRADED, Submission
from tests.grading.engine import standins
from tests.grading.engine.standins import submission

BUNDLE = standins.bundle()
ROOT = Path(__file__).parents[3]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "calls"


def run(log: Path, submissions: list[Submission], jobs: int = 2, **more: float) -> dict[str, tuple[str, str]]:
    """Status and reason by student."""
    results = list(pool.run(BUNDLE, submissions, partial(standins.grade, log=str(log)), jobs, **more))
    found = {result.student: (result.status, result.reason) for result in results}
    assert len(found) == len(results) == len(submissions)
    return found


def children() -> list[int]:
    """Worker processes of this process."""
    return [
        child.pid
        for child in psutil.Process().children()
        if "multiprocessing.spawn" in " ".join(child.cmdline())
    ]


def test_every_submission_is_graded_once_in_other_processes(log: Path) -> None:
    grade = partial(standins.grade, log=str(log), mode="compat")
    results = list(pool.run(BUNDLE, [submission(f"s{i}") for i in range(9)], grade, 2))
    assert sorted(r.student for r in results) == [f"s{i}" for i in range(9)]
    assert {r.status for r in results} == {GRADED}
    assert {r.mode for r in results} == {"compat"}
    assert sorted(standins.calls(log)) == [f"s{i}" for i in range(9)]
    assert os.getpid() not in {r.memory_mb for r in results}
    assert not children()


def test_results_come_when_they_are_ready_and_submissions_are_read_when_they_are_needed(log: Path) -> None:
    read = []

    def submissions() -> Iterator[Submission]:
        for number in range(50):
            read.append(number)
            yield submission(f"s{number}", sleep=1.5 if number == 0 else 0.0)

    results = pool.run(BUNDLE, submissions(), partial(standins.grade, log=str(log)), 2)
    assert next(results).student != "s0"
    assert len(read) < 8
    results.close()
    assert not children()


def test_few_submissions_are_graded_at_the_same_time(log: Path) -> None:
    # Each ends only when the other has begun: one after the other, neither would.
    assert set(run(log, [submission("s0", meet="s1"), submission("s1", meet="s0")], seconds=60).values()) == {
        (GRADED, "")
    }


def test_an_empty_class() -> None:
    assert list(pool.run(BUNDLE, [], standins.grade, 2)) == []
    assert not children()


@pytest.mark.parametrize("how", ["SIGKILL", "SIGSEGV"])
def test_a_lost_worker_is_replaced_and_its_submission_graded_again(log: Path, how: str) -> None:
    todo = [submission(f"s{i}") for i in range(6)]
    todo[2] = submission("s2", die=how, times=1)
    assert run(log, todo) == {f"s{i}": (GRADED, "") for i in range(6)}
    assert sorted(standins.calls(log)) == ["s0", "s1", "s2", "s2", "s3", "s4", "s5"]


def test_a_submission_that_costs_two_workers_fails_and_the_others_do_not(log: Path) -> None:
    todo = [submission("bad", die="SIGKILL"), *(submission(f"s{i}") for i in range(5))]
    found = run(log, todo, jobs=1)
    assert found.pop("bad") == (FAILED, "the worker was lost twice")
    assert set(found.values()) == {(GRADED, "")}
    assert sorted(standins.calls(log)) == ["bad", "bad", "s0", "s1", "s2", "s3", "s4"]


def test_a_submission_that_never_ends_costs_its_worker(log: Path) -> None:
    found = run(log, [submission("endless", sleep=600), submission("s1")], seconds=0.5)
    assert found == {"endless": (FAILED, "the worker was lost twice"), "s1": (GRADED, "")}


def test_a_defect_of_the_grader_is_a_row_with_one_line(log: Path) -> None:
    found = run(log, [submission("s0", fail=True), submission("s1")])
    assert found["s0"] == (FAILED, "the grader failed: RuntimeError: a defect of the grader")
    assert found["s1"] == (GRADED, "")
    workers = {line.split()[1] for line in log.read_text(encoding="utf-8").splitlines() if line[:2] == "s0"}
    assert len(workers) == 2  # the second try was another process's


def test_large_submissions_and_large_results_do_not_wait_for_each_other(log: Path) -> None:
    todo = [
        Submission(f"s{i}", submission("", size=2_000_000).files | {"big": bytes(2_000_000)})
        for i in range(6)
    ]
    assert set(run(log, todo, jobs=1).values()) == {(GRADED, "")}


def test_workers_that_cannot_start_are_one_clear_line(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    # Without the guard a fresh interpreter runs the whole program again, and cannot become a worker.
    program.write_text(
        textwrap.dedent("""
            import os
            from course_lib.grading.engine import pool
            from tests.grading.engine import standins
            if __name__ != "__main__":
                os._exit(7)
            try:
                list(pool.run(standins.bundle(), [standins.submission("s")], standins.grade, 2))
            except pool.PoolError as error:
                print(error)
        """),
        encoding="utf-8",
    )
    said = subprocess.run([sys.executable, str(program)], cwd=ROOT, env=_environment(), **_CAPTURED)
    assert said.stdout.startswith("the grading processes end as soon as they start (exit status 7)")
    assert said.stdout.count("\n") == 1


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_workers_end_with_their_coordinator(tmp_path: Path, end: signal.Signals) -> None:
    log = tmp_path / "calls"
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(f"""
            from functools import partial
            from course_lib.grading.engine import pool
            from tests.grading.engine import standins
            if __name__ == "__main__":
                todo = [standins.submission(f"s{{i}}", sleep=600) for i in range(4)]
                list(pool.run(standins.bundle(), todo, partial(standins.grade, log={str(log)!r}), 2))
        """),
        encoding="utf-8",
    )
    coordinator = subprocess.Popen(
        [sys.executable, str(program)], cwd=ROOT, env=_environment(), start_new_session=True, **_PIPES
    )
    _until(lambda: log.exists() and len(standins.calls(log)) == 2)
    workers = [int(line.split()[1]) for line in log.read_text(encoding="utf-8").splitlines()]
    if end == signal.SIGINT:  # as a terminal does it: to the whole group
        os.killpg(coordinator.pid, end)
    else:
        coordinator.send_signal(end)
    _, errors = coordinator.communicate(timeout=30)
    assert coordinator.returncode != 0
    _until(lambda: not any(psutil.pid_exists(pid) for pid in workers))
    # Of the interrupted processes, the coordinator alone says so.
    assert errors.count("KeyboardInterrupt") == (end == signal.SIGINT)


_CAPTURED: dict = {"capture_output": True, "text": True, "check": True, "timeout": 120}
_PIPES: dict = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _until(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)
