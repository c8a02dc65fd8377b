"""Grades a class so that it can be killed at any moment and started again.

A result is first kept in the journal, then recorded (gradebook, notebooks, feedback), then marked as done. What
the journal has is not graded again; what is not marked is recorded again, and recording twice is as good as once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

from course_lib.grading.engine.journal import Entry, Journal, key
from course_lib.grading.engine.model import FAILED, Bundle, Result, Submission


class Recorder(Protocol):
    """Where results go."""

    target: str
    """Names the place: a result that is done for one place is not done for another."""

    def record(self, result: Result, submission: Submission) -> None:
        """Write one result everywhere; writing it again changes nothing."""

    def has(self, student: str) -> bool:
        """Whether something was recorded for the student, as far as that is cheap to know."""


Run = Callable[[Iterable[Submission]], Iterator[Result]]
"""Grades submissions, one result each, in the order in which they are ready: `pool.run` or `cluster.run`."""


@dataclass(frozen=True)
class Row:
    """What a run remembers of one submission. `kept`: graded by an earlier run."""

    student: str
    status: str
    reason: str
    score: float
    seconds: float
    cpu: float
    own_cpu: float
    kept: bool

    @classmethod
    def of(cls, result: Result, *, kept: bool) -> Row:
        """The row of a result."""
        return cls(
            student=result.student,
            status=result.status,
            reason=result.reason,
            score=result.score(),
            seconds=result.seconds,
            cpu=result.cpu,
            own_cpu=result.own_cpu,
            kept=kept,
        )


def grade_class(
    bundle: Bundle,
    submissions: Iterable[Submission],
    mode: str,
    run: Run,
    journal: Journal,
    recorder: Recorder,
    *,
    regrade: bool = False,
) -> Iterator[Row]:
    """Grades and records what is not yet; one row per submission, as soon as it is recorded.

    journal: entered. regrade: also what has been graded. A submission that failed through no fault of its own is
    graded again in any case. Raises what `run`, the journal and the recorder raise: then the class is unfinished,
    and the same call finishes it.
    """
    kept: deque[Row] = deque()
    open_: dict[tuple[str, str], Submission] = {}

    def finish(entry: Entry, submission: Submission) -> None:
        recorder.record(entry.result, submission)
        journal.done(entry, recorder.target)

    def unfinished() -> Iterator[Submission]:
        """What has to be graded; the rest is recorded in passing, while the workers are busy."""
        for submission in submissions:
            under = key(bundle, submission, mode)
            entry = None if regrade else journal.find(submission.student, under)
            if entry is None or entry.result.status == FAILED:
                open_[submission.student, submission.id] = submission
                yield submission
                continue
            if not (journal.is_done(entry, recorder.target) and recorder.has(submission.student)):
                finish(entry, submission)
            kept.append(Row.of(entry.result, kept=True))

    rest = unfinished()
    # Workers are not looked for, and not started, when there is nothing to grade.
    graded = (result for first in islice(rest, 1) for result in run(chain([first], rest)))
    for result in graded:
        submission = open_.pop((result.student, result.submission))
        finish(journal.store(result, key(bundle, submission, mode)), submission)
        while kept:
            yield kept.popleft()
        yield Row.of(result, kept=False)
    yield from kept
