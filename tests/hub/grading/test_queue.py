"""The queue: order, the latest submission only, the hourly limit, and the end of the service at any moment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from course_lib.hub.grading.policy import ALL, VISIBLE
from course_lib.hub.grading.queue import DONE, FAILED, GRADING, SUPERSEDED, WAITING, Arrival, Job, Queue

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = START.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path: Path, clock: Clock) -> Iterator[Queue]:
    made = Queue(tmp_path / "grading.db", hourly=2, clock=clock)
    yield made
    made.close()


def arrival(student: str = "ada", minute: float = 0, assignment: str = "a1", scope: str = VISIBLE) -> Arrival:
    return Arrival(student, assignment, START + timedelta(minutes=minute), scope)


def taken(queue: Queue) -> Job:
    job = queue.take()
    assert job is not None
    return job


def states(queue: Queue) -> list[tuple[str, str]]:
    """Scope and state of each job, the oldest submission first."""
    return [(job.scope, job.state) for job in reversed(queue.jobs())]


def test_first_come_first_served(queue: Queue) -> None:
    assert queue.add([arrival("ben", 1), arrival("ada", 2), arrival("cy", 0)]) == 3
    assert [place for place, _ in queue.places().values()] == [1, 2, 3]
    assert [taken(queue).student for _ in range(3)] == ["cy", "ben", "ada"]
    assert queue.take() is None
    assert not queue.places()


def test_a_submission_is_known_the_second_time(queue: Queue) -> None:
    assert queue.add([arrival()]) == 1
    assert queue.add([arrival(), arrival()]) == 0
    queue.finish(taken(queue), DONE, points=1.0, of=2.0)
    assert queue.add([arrival()]) == 0
    assert states(queue) == [(VISIBLE, DONE)]


def test_the_latest_submission_alone_is_graded(queue: Queue) -> None:
    assert queue.add([arrival(minute=0), arrival(minute=1)]) == 2
    assert queue.add([arrival(minute=2)]) == 1
    assert states(queue) == [(VISIBLE, SUPERSEDED), (VISIBLE, SUPERSEDED), (VISIBLE, WAITING)]
    assert taken(queue).received == START + timedelta(minutes=2)


def test_one_that_was_stored_late_is_listed_and_not_graded(queue: Queue) -> None:
    queue.add([arrival(minute=5)])
    assert queue.add([arrival(minute=4)]) == 0
    assert states(queue) == [(VISIBLE, SUPERSEDED), (VISIBLE, WAITING)]


def test_after_the_due_date_the_same_submission_is_graded_again(queue: Queue) -> None:
    queue.add([arrival()])
    queue.finish(taken(queue), DONE)
    assert queue.add([arrival(scope=ALL)]) == 1
    assert queue.add([arrival(scope=ALL)]) == 0
    assert taken(queue).scope == ALL


def test_a_student_has_one_worker_at_most(queue: Queue) -> None:
    queue.add([arrival("ada", 0), arrival("ada", 1, "a2"), arrival("ben", 2)])
    first, second = taken(queue), taken(queue)
    assert (first.student, second.student) == ("ada", "ben")
    assert queue.take() is None
    queue.finish(first, DONE)
    assert taken(queue).assignment == "a2"


def test_beyond_the_hourly_limit_a_submission_waits_and_says_until_when(queue: Queue, clock: Clock) -> None:
    for minute in (0, 10):
        clock.now = (START + timedelta(minutes=minute)).timestamp()
        queue.add([arrival(minute=minute)])
        queue.finish(taken(queue), DONE)
    queue.add([arrival(minute=20), arrival("ben", 20), arrival(minute=20, assignment="a2")])
    # Others, and other assignments, do not wait.
    assert [(job.student, job.assignment) for job in iter(queue.take, None)] == [("ben", "a1"), ("ada", "a2")]
    (job,) = [job for job in queue.jobs("ada") if job.state == WAITING]
    _, until = queue.places()[job.id]
    assert until == (START + timedelta(hours=1)).timestamp()
    queue.finish(next(job for job in queue.jobs("ada") if job.assignment == "a2"), DONE)
    assert queue.take() is None
    clock.now = until
    assert taken(queue).id == job.id


def test_the_due_date_waits_for_no_hourly_limit(queue: Queue) -> None:
    for minute in (0, 1):
        queue.add([arrival(minute=minute)])
        queue.finish(taken(queue), DONE)
    queue.add([arrival(minute=2)])
    assert queue.take() is None
    # Those after it have a limit of their own.
    for minute in (2, 3):
        queue.add([arrival(minute=minute, scope=ALL)])
        queue.finish(taken(queue), DONE)
    queue.add([arrival(minute=4, scope=ALL)])
    assert queue.take() is None


def test_what_is_put_off_is_tried_again_and_keeps_its_place(queue: Queue, clock: Clock) -> None:
    queue.add([arrival("ada", 0), arrival("ben", 1)])
    queue.put_off(taken(queue), 30, "no such assignment")
    assert taken(queue).student == "ben"
    assert queue.take() is None
    assert queue.jobs("ada")[0].reason == "no such assignment"
    clock.now += 31
    assert queue.places()[queue.jobs("ada")[0].id][0] == 1
    again = taken(queue)
    assert (again.student, again.reason) == ("ada", "")


def test_what_is_put_off_gives_way_to_a_later_one(queue: Queue) -> None:
    queue.add([arrival(minute=0)])
    job = taken(queue)
    queue.add([arrival(minute=1)])
    queue.put_off(job, 30, "later")
    assert states(queue) == [(VISIBLE, SUPERSEDED), (VISIBLE, WAITING)]


def test_a_failure_is_a_row_and_the_queue_goes_on(queue: Queue) -> None:
    queue.add([arrival("ada"), arrival("ben", 1)])
    queue.finish(taken(queue), FAILED, reason="the worker was lost twice")
    queue.finish(taken(queue), DONE, points=2.0, of=5.0, tests=[{"name": "t"}], pages={"n": "<p>"})
    ada, ben = queue.jobs("ada")[0], queue.jobs("ben")[0]
    assert (ada.state, ada.reason) == (FAILED, "the worker was lost twice")
    assert (ben.state, ben.points, ben.of, ben.tests) == (DONE, 2.0, 5.0, [{"name": "t"}])
    kept = queue.job(ben.id)
    assert kept is not None
    assert kept.pages == {"n": "<p>"}
    assert queue.job(99) is None


KILLED = """
import os, sys
from pathlib import Path
from course_lib.hub.grading.queue import Queue
from tests.hub.grading.test_queue import arrival
queue = Queue(Path(sys.argv[1]))
queue.add([arrival("ada", 0), arrival("ben", 1)])
queue.finish(queue.take(), "done", points=1.0)
queue.take()
os.kill(os.getpid(), 9)
"""


def test_a_killed_service_loses_nothing_and_grades_again_what_it_was_grading(tmp_path: Path) -> None:
    file = tmp_path / "grading.db"
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    ended = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=root, env=environment, timeout=120)
    assert ended.returncode == -9
    queue = Queue(file)
    assert [(job.student, job.state) for job in queue.jobs()] == [("ben", WAITING), ("ada", DONE)]
    assert taken(queue).student == "ben"
    assert queue.jobs("ben")[0].state == GRADING
    queue.close()
