"""The Dask cluster: a real scheduler and real workers in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from distributed import Client

from course_lib.grading.engine import cluster
from course_lib.grading.engine.model import FAILED, GRADED, Submission
from tests.grading.engine import standins
from tests.grading.engine.standins import submission

BUNDLE = standins.bundle()
ROOT = Path(__file__).parents[3]


class Cluster:
    """A scheduler on a free port of 127.0.0.1, and workers of one thread each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.workers: list[subprocess.Popen] = []
        self.scheduler = self._start(
            "distributed.cli.dask_scheduler", "--port", self.address.rpartition(":")[2]
        )

    def _start(self, module: str, *arguments: str, path: Path = ROOT) -> subprocess.Popen:
        environment = {**os.environ, "PYTHONPATH": str(path)}
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, "--host", "127.0.0.1", "--no-dashboard", *arguments],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def add_worker(self, path: Path = ROOT) -> subprocess.Popen:
        """Start a worker that imports from `path`; it joins in its own time."""
        arguments = (self.address, "--nthreads", "1", "--no-nanny")
        worker = self._start("distributed.cli.dask_worker", *arguments, path=path)
        self.workers.append(worker)
        return worker

    def wait(self, workers: int) -> None:
        """Return when so many workers have joined."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)

    def close(self) -> None:
        """End everything."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path)
    try:
        yield found
    finally:
        found.close()


def run(
    started: Cluster, log: Path, submissions: list[Submission], **more: float
) -> dict[str, tuple[str, str]]:
    """Status and reason by student."""
    grade = partial(standins.grade, log=str(log), mode="compat")
    results = list(cluster.run(BUNDLE, submissions, grade, started.address, **more))
    found = {result.student: (result.status, result.reason) for result in results}
    assert len(found) == len(results) == len(submissions)
    assert {result.mode for result in results} <= {"compat"}
    return found


def test_two_workers_grade_a_class(started: Cluster, tmp_path: Path) -> None:
    started.add_worker()
    started.add_worker()
    started.wait(2)
    log = tmp_path / "calls"
    # The first two end only when both have begun: on two workers, or never.
    todo = [submission("s0", meet="s1"), submission("s1", meet="s0"), submission("s2", fail=True)]
    todo += [submission(f"s{i}") for i in range(3, 40)]
    found = run(started, log, todo)
    assert found.pop("s2") == (FAILED, "the grader failed: RuntimeError: a defect of the grader")
    assert set(found.values()) == {(GRADED, "")}
    lines = log.read_text(encoding="utf-8").split()
    assert sorted(lines[::2]) == sorted([*(f"s{i}" for i in range(40)), "s2"])
    assert set(lines[1::2]) == {str(worker.pid) for worker in started.workers}


def test_results_stream_and_submissions_are_read_when_they_are_needed(
    started: Cluster, tmp_path: Path
) -> None:
    started.add_worker()
    read = []

    def submissions() -> Iterator[Submission]:
        for number in range(50):
            read.append(number)
            yield submission(f"s{number}")

    results = cluster.run(BUNDLE, submissions(), standins.grade, started.address)
    assert next(results).student == "s0"
    assert len(read) < 8
    results.close()
    with Client(started.address, set_as_default=False) as client:  # nothing of ours is left there
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0
        plugins = client.run(lambda dask_worker: list(dask_worker.plugins))
        assert not any("course" in name for names in plugins.values() for name in names)


def test_a_worker_killed_in_the_middle_loses_nothing_and_a_late_one_helps(
    started: Cluster, tmp_path: Path
) -> None:
    first = started.add_worker()
    log = tmp_path / "calls"
    grade = partial(standins.grade, log=str(log))
    todo = [submission(f"s{i}", sleep=0.05) for i in range(30)]
    results = cluster.run(BUNDLE, todo, grade, started.address, worker_seconds=120)
    found = [next(results) for _ in range(5)]
    late = started.add_worker()
    os.kill(first.pid, signal.SIGKILL)
    found += results
    assert sorted(r.student for r in found) == sorted(s.student for s in todo)
    assert {r.status for r in found} == {GRADED}
    assert {r.memory_mb for r in found[-5:]} == {late.pid}
    assert len(standins.calls(log)) <= 32  # the ones that were in the lost worker were begun again


def test_a_submission_that_costs_every_worker_fails(started: Cluster, tmp_path: Path) -> None:
    for _ in range(5):  # the scheduler gives up after its `allowed-failures`, which is 3
        started.add_worker()
    started.wait(5)
    found = run(started, tmp_path / "calls", [submission("bad", die="SIGKILL")])
    assert found == {"bad": (FAILED, "its workers were lost again and again")}


def test_no_scheduler_is_one_clear_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(cluster.ClusterError) as caught:
            list(cluster.run(BUNDLE, [submission("s")], standins.grade, address, connect_seconds=0.5))
    assert str(caught.value) == f"--scheduler {address}: no Dask scheduler answers there within 0.5 s"
    assert caught.value.code == 1


@pytest.mark.parametrize("address", ["nonsense://x:1", "tcp://"])
def test_an_address_that_is_none_is_one_clear_line(address: str) -> None:
    with pytest.raises(cluster.ClusterError) as caught:
        list(cluster.run(BUNDLE, [submission("s")], standins.grade, address, connect_seconds=0.5))
    assert str(caught.value).startswith(f"--scheduler {address}: ")
    assert "\n" not in str(caught.value)


def test_no_worker_is_one_clear_line(started: Cluster) -> None:
    with pytest.raises(cluster.ClusterError) as caught:
        list(cluster.run(BUNDLE, [submission("s")], standins.grade, started.address, worker_seconds=1))
    assert str(caught.value) == (
        f"the scheduler {started.address} has had no worker for 1 s: start some and run the same command again; "
        "what is graded is kept"
    )


def test_the_last_worker_lost_is_one_clear_line(started: Cluster) -> None:
    worker = started.add_worker()
    started.wait(1)
    todo = [submission("s0"), submission("s1", sleep=600)]
    results = cluster.run(BUNDLE, todo, standins.grade, started.address, worker_seconds=1)
    assert next(results).student == "s0"
    worker.kill()
    with pytest.raises(cluster.ClusterError, match="has had no worker for 1 s"):
        next(results)


def test_a_scheduler_lost_in_the_middle_is_one_clear_line(started: Cluster) -> None:
    started.add_worker()
    todo = [submission("s0"), submission("s1", sleep=600)]
    results = cluster.run(BUNDLE, todo, standins.grade, started.address)
    assert next(results).student == "s0"
    started.scheduler.kill()
    with pytest.raises(cluster.ClusterError) as caught:
        next(results)
    assert str(caught.value).startswith(f"the scheduler {started.address} is gone: start it")


def test_workers_without_this_package_are_one_clear_line(started: Cluster, tmp_path: Path) -> None:
    (tmp_path / "course_lib").mkdir()
    (tmp_path / "course_lib" / "__init__.py").write_text("raise ImportError('not installed here')\n")
    started.add_worker(path=tmp_path)
    with pytest.raises(cluster.ClusterError) as caught:
        list(cluster.run(BUNDLE, [submission("s")], standins.grade, started.address))
    assert f"the workers of {started.address} cannot grade: " in str(caught.value)
    assert "not installed here" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_worker_that_lacks_something_is_one_clear_line(started: Cluster) -> None:
    started.add_worker()
    with pytest.raises(cluster.ClusterError) as caught:
        list(cluster.run(BUNDLE, [submission("s")], standins.grade, started.address, check=standins.lacking))
    assert str(caught.value) == f"the workers of {started.address} cannot grade: no seccomp; no namespaces"


def test_a_late_worker_that_lacks_something_does_not_join(started: Cluster, tmp_path: Path) -> None:
    first = started.add_worker()
    started.wait(1)
    log = tmp_path / "calls"

    def submissions() -> Iterator[Submission]:
        yield submission("s0")
        started.add_worker().wait(60)  # it has ended by itself
        yield from [submission(f"s{i}") for i in range(1, 20)]

    grade = partial(standins.grade, log=str(log))
    check = partial(standins.lacking, first.pid)
    results = list(cluster.run(BUNDLE, submissions(), grade, started.address, check=check))
    assert {result.status for result in results} == {GRADED}
    assert {int(result.memory_mb) for result in results} == {first.pid}
