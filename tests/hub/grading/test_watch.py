"""What the exchange has gets into the queue, once, and with the right scope."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from course_lib.hub.exchange.client import Submission
from course_lib.hub.grading import watch
from course_lib.hub.grading.policy import ALL, VISIBLE
from course_lib.hub.grading.queue import DONE, Queue
from course_lib.hub.grading.watch import Watcher

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Exchange:
    """A stand-in: a list of submissions, and the questions that it was asked."""

    def __init__(self) -> None:
        self.there: list[Submission] = []
        self.asked: list[datetime | None] = []

    def submit(self, student: str, minute: float, assignment: str = "a1") -> None:
        self.there.append(Submission(student, assignment, START + timedelta(minutes=minute)))

    def submissions(self, course: str, *, since: datetime | None = None) -> list[Submission]:
        assert course == "c"
        self.asked.append(since)
        return [one for one in self.there if since is None or one.moment > since]


@pytest.fixture
def exchange() -> Exchange:
    return Exchange()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path / "grading.db")
    yield made
    made.close()


def scopes(queue: Queue) -> list[tuple[str, str, str]]:
    return [(job.student, job.scope, job.state) for job in reversed(queue.jobs())]


def test_each_submission_is_seen_once_and_the_exchange_is_asked_for_what_is_new(
    exchange: Exchange, queue: Queue
) -> None:
    watcher = Watcher(exchange, "c", queue, now=lambda: START)
    assert watcher.look({}) == 0
    exchange.submit("ada", 0)
    assert watcher.look({}) == 1
    assert watcher.look({}) == 0
    exchange.submit("ben", 1)
    # Stored late: its time is that of the request, and the request took long.
    exchange.submit("cy", -2)
    assert watcher.look({}) == 2
    assert exchange.asked[0] is None
    assert exchange.asked[-1] == START - timedelta(minutes=5)


def test_when_the_due_date_passes_the_latest_submissions_are_graded_with_every_test(
    exchange: Exchange, queue: Queue
) -> None:
    moment = START
    due: dict[str, datetime | None] = {"a1": START + timedelta(minutes=30), "a2": None}
    watcher = Watcher(exchange, "c", queue, now=lambda: moment)
    for student, minute, name in [("ada", 0, "a1"), ("ada", 1, "a1"), ("ben", 2, "a2")]:
        exchange.submit(student, minute, name)
    assert watcher.look(due) == 3
    while (job := queue.take()) is not None:
        queue.finish(job, DONE)
    moment = START + timedelta(minutes=31)
    assert watcher.look(due) == 1
    job = queue.take()
    assert job is not None
    assert (job.student, job.scope, job.received) == ("ada", ALL, START + timedelta(minutes=1))
    # A late one is graded with every test at once.
    exchange.submit("ben", 40, "a1")
    watcher.look(due)
    assert scopes(queue)[-1][:2] == ("ben", ALL)


def test_a_moved_due_date_hides_the_hidden_tests_again(exchange: Exchange, queue: Queue) -> None:
    watcher = Watcher(exchange, "c", queue, now=lambda: START)
    exchange.submit("ada", -60)
    watcher.look({"a1": START - timedelta(minutes=1)})
    watcher.look({"a1": START + timedelta(minutes=1)})
    assert {scope for _, scope, _ in scopes(queue)} == {ALL, VISIBLE}


def test_everything_is_looked_at_every_minute(
    exchange: Exchange, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_WHOLE_SECONDS", 0.0)
    watcher = Watcher(exchange, "c", queue, now=lambda: START)
    exchange.submit("ada", 60)
    watcher.look({})
    exchange.submit("ben", -600)
    assert watcher.look({}) == 1
