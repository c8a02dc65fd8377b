"""Looks into the exchange for what has to be graded."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from course_lib.hub.exchange.client import Submission
from course_lib.hub.grading import policy
from course_lib.hub.grading.queue import Arrival, Queue

_OVERLAP = timedelta(minutes=5)
"""A submission bears the time at which its upload was read, and is seen when it is stored."""

_WHOLE_SECONDS = 60.0
"""How often everything is looked at, not only what is new: a due date may have passed."""


class Exchange(Protocol):
    """The part of `course_lib.hub.exchange.client.Client` that is used here."""

    def submissions(self, course: str, *, since: datetime | None = None) -> list[Submission]:
        """Submissions to a course, those after `since` or all."""


class Watcher:
    """Moves what the exchange has into the queue."""

    def __init__(
        self,
        exchange: Exchange,
        course: str,
        queue: Queue,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.exchange = exchange
        self.course = course
        self.queue = queue
        self._now = now
        self._newest: datetime | None = None
        self._whole = 0.0
        self._passed: frozenset[str] = frozenset()

    def look(self, due: Mapping[str, datetime | None]) -> int:
        """Look once; how many gradings that asks for. Raises CourseError when the exchange does not answer.

        due: when each assignment is due.
        """
        now = self._now()
        passed = frozenset(name for name, when in due.items() if policy.scope(when, now) == policy.ALL)
        whole = time.monotonic() >= self._whole or passed != self._passed
        since = None if whole or self._newest is None else self._newest - _OVERLAP
        found = self.exchange.submissions(self.course, since=since)
        latest: dict[tuple[str, str], datetime] = {}
        for one in found:
            key = one.student, one.assignment
            latest[key] = max(one.moment, latest.get(key, one.moment))
        added = self.queue.add(
            Arrival(
                one.student,
                one.assignment,
                one.moment,
                # Hidden tests are for what counts.
                policy.ALL
                if one.assignment in passed and one.moment == latest[one.student, one.assignment]
                else policy.VISIBLE,
            )
            for one in found
        )
        if found:
            self._newest = max(one.moment for one in found)
        if whole:
            self._whole, self._passed = time.monotonic() + _WHOLE_SECONDS, passed
        return added
