"""The pages of the service: a student's own gradings, everybody's for instructors, one submission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from course_lib.grading.records import pages
from course_lib.hub.grading import policy
from course_lib.hub.grading.queue import DONE, FAILED, GRADING, OPEN, SUPERSEDED, WAITING, Job

if TYPE_CHECKING:
    from course_lib.grading.records.feedback import Page

_PACKAGE = "course_lib.hub.grading"
_EARLIER = 20
"""Earlier submissions to an assignment that are listed."""

_LOOKS = {WAITING: "waiting", GRADING: "waiting", DONE: "passed", FAILED: "failed", SUPERSEDED: "plain"}


@dataclass(frozen=True)
class Row:
    """A job as it is shown. until: when it may begin at the earliest, where that is later than now."""

    job: Job
    place: int = 0
    until: str = ""

    @property
    def state(self) -> str:
        """The state for people."""
        return {
            WAITING: "put off" if self.until else f"number {self.place} in the queue",
            GRADING: "being graded",
            DONE: "graded",
            FAILED: "failed",
            SUPERSEDED: "not graded: a later one came",
        }[self.job.state]

    @property
    def look(self) -> str:
        """The state for the style sheet."""
        if self.job.state == DONE and self.job.points < self.job.of:
            return "partly" if self.job.points else "failed"
        return _LOOKS[self.job.state]

    @property
    def received(self) -> str:
        """When it was handed in, for people."""
        return moment(self.job.received)

    @property
    def all_tests(self) -> bool:
        """Whether hidden tests were run."""
        return self.job.scope == policy.ALL


@dataclass(frozen=True)
class Section:
    """One student's submissions to one assignment: the latest, and earlier ones."""

    student: str
    assignment: str
    due: str
    latest: Row
    earlier: Sequence[Row]


def moment(when: datetime) -> str:
    """A moment for people; the clock is named, because the reader's browser does not tell its own."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%B %Y, %H:%M:%S} UTC"


def sections(
    jobs: Sequence[Job],
    places: Mapping[int, tuple[int, float]],
    due: Mapping[str, datetime | None],
    now: datetime,
) -> list[Section]:
    """The jobs that may be shown, given latest first, by student and assignment."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for job in jobs:
        if not is_shown(job, due, now):
            continue
        place, free_at = places.get(job.id, (0, 0.0))
        until = f"{datetime.fromtimestamp(free_at, UTC):%H:%M:%S} UTC" if free_at > now.timestamp() else ""
        groups.setdefault((job.student, job.assignment), []).append(Row(job, place, until))
    found = []
    for (student, assignment), rows in groups.items():
        when = due.get(assignment)
        found.append(
            Section(student, assignment, moment(when) if when else "", rows[0], rows[1 : 1 + _EARLIER])
        )
    return found


def is_shown(job: Job, due: Mapping[str, datetime | None], now: datetime) -> bool:
    """Not what hidden tests gave while the due date has not passed: it may have been moved."""
    return job.scope == policy.VISIBLE or policy.scope(due.get(job.assignment), now) == policy.ALL


def is_open(found: Sequence[Section]) -> bool:
    """Whether something will change soon."""
    return any(section.latest.job.state in OPEN for section in found)


def own(student: str, found: Sequence[Section], hourly: int) -> str:
    """A student's page."""
    return pages.render("own", _PACKAGE, student=student, sections=found, hourly=hourly)


def everybody(course: str, found: Sequence[Section]) -> str:
    """The instructor's page."""
    ordered = sorted(found, key=lambda one: (one.assignment, one.student))
    return pages.render("everybody", _PACKAGE, course=course, sections=ordered)


def submission(page: Page, scope: str) -> str:
    """One graded notebook: the feedback page, with what is still to come."""
    return pages.render("submission", _PACKAGE, page=page, all_tests=scope == policy.ALL)
