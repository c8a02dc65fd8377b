"""What the gradebook says about submissions: the marks of the tests and of people, their comments, the penalty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import SQLAlchemyError

from course_lib.notebooks.errors import CourseError


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

    db_url: an SQLAlchemy address, as nbgrader takes it. Raises CourseError when it cannot be read.
    """
    try:
        engine = sql.create_engine(db_url)
        try:
            if not sql.inspect(engine).has_table("submitted_assignment"):
                raise CourseError(f"{_shown(db_url)}: no gradebook there: name the one you graded into")
            with engine.connect() as connection:
                return _read(connection, assignment, student)
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise CourseError(f"{_shown(db_url)}: the gradebook cannot be read: {reason}") from error


def _read(connection: sql.Connection, assignment: str, student: str | None) -> Gradebook:
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
        return iter(connection.execute(query).tuples())

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


def _shown(db_url: str) -> str:
    """The address without its password."""
    return sql.make_url(db_url).render_as_string(hide_password=True)
