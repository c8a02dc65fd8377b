"""What the gradebook says about submissions: the marks of the tests and of people, their comments, the penalty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sql
from sqlalchemy.orm import Session

from course_lib.grading.records.connection import GradebookError, parse, reading, shown


@dataclass
class Marks:
    """One notebook of a student.

    scores: points by grade_id, extra credit included; None where a person has not decided yet.
    comments: what graders wrote, Markdown by grade_id. penalty: points taken off for lateness.
    """

    scores: dict[str, float | None] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    penalty: float = 0.0


Gradebook = dict[tuple[str, str], Marks]
"""By student and notebook."""


def read(db_url: str, assignment: str, student: str | None = None) -> Gradebook:
    """The marks of an assignment, of everybody or of one student. Three queries, whatever the class's size.

    db_url: an SQLAlchemy address, as nbgrader takes it. Raises GradebookError.
    """
    with reading(db_url) as session:
        if not sql.inspect(session.connection()).has_table("submitted_assignment"):
            raise GradebookError(f"{shown(parse(db_url))} is not a gradebook: name the one you graded into")
        return _read(session, assignment, student)


def _read(session: Session, assignment: str, student: str | None) -> Gradebook:
    # nbgrader takes a while to import; a command that reads no gradebook does not need it.
    from nbgrader import api

    def rows(*columns: Any, of: Any = None) -> Iterator[tuple[Any, ...]]:
        query = (
            sql.select(api.SubmittedAssignment.student_id, api.Notebook.name, *columns)
            .select_from(api.SubmittedNotebook)
            .join(api.SubmittedAssignment, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
            .join(api.Notebook, api.SubmittedNotebook.notebook_id == api.Notebook.id)
            .where(api.Assignment.name == assignment)
        )
        if of is not None:
            query = query.join(of, of.notebook_id == api.SubmittedNotebook.id)
            query = query.join(api.BaseCell, of.cell_id == api.BaseCell.id)
        if student is not None:
            query = query.where(api.SubmittedAssignment.student_id == student)
        return (tuple(row) for row in session.execute(query))

    found: Gradebook = defaultdict(Marks)
    for who, notebook, penalty in rows(api.SubmittedNotebook.late_submission_penalty):
        found[who, notebook].penalty = penalty or 0.0
    grade = api.Grade
    values = (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade)
    for who, notebook, cell, auto, manual, extra, waiting in rows(api.BaseCell.name, *values, of=grade):
        score = manual if manual is not None else auto
        decided = score is not None and not (waiting and manual is None)
        found[who, notebook].scores[cell] = score + (extra or 0.0) if decided else None
    for who, notebook, cell, text in rows(api.BaseCell.name, api.Comment.manual_comment, of=api.Comment):
        if text and text.strip():
            found[who, notebook].comments[cell] = text
    return dict(found)
