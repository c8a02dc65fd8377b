"""A class that is interrupted anywhere and started again is graded and recorded as if it had not been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from course_lib.grading.engine.coordinator import Row, grade_class
from course_lib.grading.engine.journal import Journal
from course_lib.grading.engine.model import FAILED, GRADED, STRICT, Result, Submission
from course_lib.grading.engine.pool import graded
from tests.grading.engine import standins
from tests.grading.engine.standins import submission

BUNDLE = standins.bundle()
CLASS = [submission(f"s{i}") for i in range(6)]


class Records:
    """Remembers what was recorded; fails on demand."""

    target = "a gradebook"

    def __init__(self) -> None:
        self.recorded: list[str] = []
        self.lost: set[str] = set()
        self.fails_on = ""

    def record(self, result: Result, submission: Submission) -> None:
        """Notes the student."""
        assert result.submission == submission.id
        if result.student == self.fails_on:
            raise OSError("the database is gone")
        self.recorded.append(result.student)

    def has(self, student: str) -> bool:
        """Whether the student was noted and not lost."""
        return student in self.recorded and student not in self.lost


class Grader:
    """Grades in this process, and counts."""

    def __init__(self) -> None:
        self.graded: list[str] = []
        self.runs = 0

    def __call__(self, submissions: Iterable[Submission]) -> Iterator[Result]:
        self.runs += 1
        for one in submissions:
            self.graded.append(one.student)
            yield graded(standins.grade, BUNDLE, one)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path, BUNDLE.assignment) as opened:
        yield opened


def run(
    journal: Journal,
    grader: Grader,
    records: Records,
    todo: list[Submission] = CLASS,
    *,
    regrade: bool = False,
) -> list[Row]:
    return list(grade_class(BUNDLE, todo, STRICT, grader, journal, records, regrade=regrade))


def test_a_class_is_graded_once_and_recorded_once(journal: Journal) -> None:
    grader, records = Grader(), Records()
    first = run(journal, grader, records)
    assert [(row.student, row.status, row.score, row.kept) for row in first] == [
        (f"s{i}", GRADED, 1.0, False) for i in range(6)
    ]
    again = run(journal, grader, records)
    assert [row.kept for row in again] == [True] * 6
    assert grader.graded == records.recorded == [f"s{i}" for i in range(6)]
    assert grader.runs == 1  # nothing to do: no workers are looked for


def test_an_interrupted_class_is_finished(journal: Journal) -> None:
    grader, records = Grader(), Records()
    rows = grade_class(BUNDLE, CLASS, STRICT, grader, journal, records)
    assert [next(rows).student for _ in range(3)] == ["s0", "s1", "s2"]
    rows.close()
    assert [row.kept for row in run(journal, grader, records)] == [True] * 3 + [False] * 3
    assert grader.graded == records.recorded == [f"s{i}" for i in range(6)]


def test_what_was_graded_but_not_recorded_is_recorded(journal: Journal) -> None:
    grader, records = Grader(), Records()
    records.fails_on = "s2"
    with pytest.raises(OSError, match="the database is gone"):
        run(journal, grader, records)
    records.fails_on = ""
    assert len(run(journal, grader, records)) == 6
    assert grader.graded == [f"s{i}" for i in range(6)]
    assert records.recorded == [f"s{i}" for i in range(6)]


def test_records_that_are_gone_are_written_again(journal: Journal) -> None:
    grader, records = Grader(), Records()
    run(journal, grader, records)
    records.lost = {"s4"}
    run(journal, grader, records)
    assert records.recorded == [f"s{i}" for i in range(6)] + ["s4"]
    records.target = "another gradebook"
    run(journal, grader, records)
    assert len(records.recorded) == 13
    assert len(grader.graded) == 6


def test_a_new_submission_and_a_new_student_are_graded(journal: Journal) -> None:
    grader, records = Grader(), Records()
    run(journal, grader, records)
    changed = [*CLASS[:5], submission("s5", sleep=0.0), submission("s6")]
    rows = run(journal, grader, records, changed)
    assert {row.student for row in rows if not row.kept} == {"s5", "s6"}
    assert grader.graded[6:] == records.recorded[6:] == ["s5", "s6"]


def test_regrading_is_recorded_too(journal: Journal) -> None:
    grader, records = Grader(), Records()
    run(journal, grader, records)
    rows = run(journal, grader, records, regrade=True)
    assert not any(row.kept for row in rows)
    assert len(grader.graded) == len(records.recorded) == 12


def test_what_the_engine_failed_on_is_tried_again(journal: Journal) -> None:
    grader, records = Grader(), Records()
    todo = [*CLASS[:2], submission("bad", fail=True)]
    rows = run(journal, grader, records, todo)
    assert [row.status for row in rows] == [GRADED, GRADED, FAILED]
    assert rows[2].reason == "the grader failed: RuntimeError: a defect of the grader"
    run(journal, grader, records, todo)
    assert grader.graded == records.recorded == ["s0", "s1", "bad", "bad"]
