"""Writes results into nbgrader's gradebook, as `nbgrader autograde` would have.

Every row is one of nbgrader's own (`nbgrader.api`), so formgrader, feedback and export go on from here. What a
person entered (scores, extra credit, comments, flags) stays; everything automatic is replaced, also where a
submission was graded before: nothing of an older run is left behind.

=====================  ==========  ==================  ==========================================
the notebook was       auto_score  needs_manual_grade  as nbgrader does for
=====================  ==========  ==================  ==========================================
graded, test cell      the points  a manual score is   the same
graded, answer         none, or 0  none: yes; 0: no    the same (0: left as it was handed out)
not handed in          0           no                  the same
refused (unreadable)   0           yes                 a missing notebook, but a person looks at it
failed (our fault)     none        yes                 a cell that nobody has graded
=====================  ==========  ==================  ==========================================
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from types import TracebackType
from typing import Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer
from traitlets.config import Config

from course_lib.grading.engine.model import (
    FAILED,
    GRADED,
    REFUSED,
    Bundle,
    Cell,
    CellResult,
    NotebookResult,
    Result,
)
from course_lib.grading.engine.model import Notebook as Source
from course_lib.grading.records.connection import Connection, GradebookError, reading, shown
from course_lib.grading.records.notebooks import not_handed_in

NO_RESPONSE = "No response."
_MISSING = "missing"  # a notebook that is not there, beside the statuses of those that are
_NAME_LENGTH = 128  # of nbgrader's columns; SQLite ignores it, PostgreSQL does not


class Writer:
    """The single writer of a gradebook.

    db_url: `sqlite:////folder/gradebook.db` or `postgresql://user@host/name`; an empty one gets nbgrader's
    tables. course_id: as in nbgrader's configuration. config: nbgrader's configuration, for the plugin that
    gives late penalties (`AssignLatePenalties.plugin_class`, `LateSubmissionPlugin.penalty_method`).
    Raises GradebookError when the gradebook cannot be used or somebody else is writing.

    >>> with Writer("sqlite:///gradebook.db") as gradebook:
    ...     gradebook.write(result, bundle)
    """

    def __init__(self, db_url: str, course_id: str = "", *, config: Config | None = None) -> None:
        self._connection = Connection(db_url)
        self._course_id = course_id
        self._known: dict[
            str, str
        ] = {}  # the bundle that an assignment's rows were last brought in step with
        penalties = AssignLatePenalties(config=config or Config())
        penalties.init_plugin()
        self._plugin = penalties.plugin_inst

    def __enter__(self) -> Writer:
        self._connection.__enter__()
        try:
            self._connection.transaction(self._prepare)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets the next writer in."""
        self._connection.close()

    def add_assignment(self, bundle: Bundle) -> None:
        """Makes the gradebook know the assignment as `nbgrader generate_assignment` would.

        `write` does it too; call it to have an assignment without a submission. Raises GradebookError when
        cells were added or removed although there are submissions.
        """
        if self._known.get(bundle.assignment) != bundle.id:
            self._connection.transaction(lambda session: _assignment(session, bundle, self._course_id))
            self._known[bundle.assignment] = bundle.id

    def write(self, result: Result, bundle: Bundle) -> None:
        """Writes one submission in one transaction; writing it again changes nothing.

        Raises GradebookError when the gradebook fails, or for a result that belongs to another bundle.
        """
        if result.bundle != bundle.id:
            raise GradebookError(
                f"the result of '{result.student}' belongs to another version of the assignment"
            )
        if not 0 < len(result.student) <= _NAME_LENGTH or "\0" in result.student:
            raise GradebookError(f"a gradebook has no room for a student called '{result.student[:20]}…'")
        timestamp = _timestamp(result)
        self.add_assignment(bundle)
        self._connection.transaction(lambda session: self._write(session, result, timestamp))

    def _prepare(self, session: Session) -> None:
        """Makes nbgrader's tables in an empty database, and the row of the course."""
        connection = session.connection()
        scripts, context = ScriptDirectory(ALEMBIC_DIR), MigrationContext.configure(connection)
        if not inspect(connection).has_table(api.SubmittedAssignment.__tablename__):
            api.Base.metadata.create_all(connection)
            context.stamp(scripts, "head")
        elif set(context.get_current_heads()) != set(scripts.get_heads()):
            raise GradebookError(
                f"the gradebook {shown(self._connection.url)} was made by another version of nbgrader: "
                "make a copy of it and run 'nbgrader db upgrade'"
            )
        # PostgreSQL insists on it, also for nbgrader's empty default.
        if session.get(api.Course, self._course_id) is None:
            session.add(api.Course(id=self._course_id))

    def _write(self, session: Session, result: Result, timestamp: datetime.datetime | None) -> None:
        assignment = _find(session, result.assignment)
        if assignment is None:
            raise GradebookError(f"'{result.assignment}' was removed from the gradebook: run it again")
        submission = _submission(session, assignment, result.student)
        submission.timestamp = timestamp
        outcomes = {notebook.name: notebook for notebook in result.notebooks}
        graded = []
        for notebook in assignment.notebooks:
            submitted = _submitted(session, submission, notebook)
            outcome = outcomes.get(notebook.name)
            status = _status(result, outcome)
            cells = {cell.grade_id: cell for cell in outcome.cells if cell.grade_id} if outcome else {}
            _grade(submitted, status, cells)
            _comment(submitted, cells if status == GRADED else {})
            submitted.late_submission_penalty = None
            if status == GRADED:
                graded.append(submitted)
        session.flush()
        for submitted in graded:
            self._penalise(session, submission, submitted)

    def _penalise(
        self, session: Session, submission: api.SubmittedAssignment, submitted: api.SubmittedNotebook
    ) -> None:
        if submission.total_seconds_late <= 0:
            return
        session.refresh(submitted, ["score"])
        late = submission.total_seconds_late
        penalty = self._plugin.late_submission_penalty(submission.student_id, submitted.score, late)
        if penalty is not None:
            submitted.late_submission_penalty = min(max(penalty, 0), submitted.score)


def rows(db_url: str, assignment: str) -> list[dict[str, Any]]:
    """All that the gradebook holds about an assignment's submissions, one row per cell, in a fixed order.

    Two gradebooks that hold the same grades give equal rows. Raises GradebookError.
    """
    with reading(db_url) as session:
        grades = selectinload(api.SubmittedAssignment.notebooks).selectinload(api.SubmittedNotebook.grades)
        comments = selectinload(api.SubmittedAssignment.notebooks).selectinload(
            api.SubmittedNotebook.comments
        )
        found = session.scalars(
            select(api.SubmittedAssignment)
            .join(api.Assignment)
            .where(api.Assignment.name == assignment)
            .options(
                joinedload(api.SubmittedAssignment.assignment),
                grades.options(joinedload(api.Grade.cell), undefer(api.Grade.max_score)),
                comments.joinedload(api.Comment.cell),
            )
        )
        return sorted(
            (row for submission in found for row in _rows(submission)),
            key=lambda row: (row["student"], row["notebook"], row["cell"]),
        )


def _rows(submission: api.SubmittedAssignment) -> Iterable[dict[str, Any]]:
    for notebook in submission.notebooks:
        grades = {grade.cell.name: grade for grade in notebook.grades}
        comments = {comment.cell.name: comment for comment in notebook.comments}
        for name in grades | comments:
            grade, comment = grades.get(name), comments.get(name)
            yield {
                "student": submission.student_id,
                "timestamp": submission.timestamp.isoformat() if submission.timestamp else None,
                "notebook": notebook.name,
                "late_submission_penalty": notebook.late_submission_penalty,
                "cell": name,
                "cell_type": grade.cell_type if grade else None,
                "max_score": grade.max_score if grade else None,
                "auto_score": grade.auto_score if grade else None,
                "manual_score": grade.manual_score if grade else None,
                "extra_credit": grade.extra_credit if grade else None,
                "score": grade.score if grade else None,
                "needs_manual_grade": grade.needs_manual_grade if grade else None,
                "auto_comment": comment.auto_comment if comment else None,
                "manual_comment": comment.manual_comment if comment else None,
            }


def _status(result: Result, outcome: NotebookResult | None) -> str:
    if outcome is None:
        return result.status if result.status != GRADED else _MISSING
    return _MISSING if not_handed_in(outcome) else outcome.status


def _timestamp(result: Result) -> datetime.datetime | None:
    """When the submission was received, as nbgrader stores it: UTC without a time zone."""
    try:
        return parse_utc(result.timestamp) if result.timestamp else None
    except (ValueError, OverflowError) as error:
        raise GradebookError(
            f"the result of '{result.student}' has no usable time: '{result.timestamp[:40]}'"
        ) from error


def _find(session: Session, assignment: str) -> api.Assignment | None:
    return session.scalar(select(api.Assignment).where(api.Assignment.name == assignment))


def _submission(session: Session, assignment: api.Assignment, student: str) -> api.SubmittedAssignment:
    if session.get(api.Student, student) is None:
        session.add(api.Student(id=student))
        session.flush()
    found = session.scalar(
        select(api.SubmittedAssignment).where(
            api.SubmittedAssignment.assignment_id == assignment.id,
            api.SubmittedAssignment.student_id == student,
        )
    )
    if found is None:
        found = api.SubmittedAssignment(assignment_id=assignment.id, student_id=student)
        session.add(found)
        session.flush()
    return found


def _submitted(
    session: Session, submission: api.SubmittedAssignment, notebook: api.Notebook
) -> api.SubmittedNotebook:
    """A submission's notebook with a row for every cell that can have a score or a comment."""
    found = session.scalar(
        select(api.SubmittedNotebook).where(
            api.SubmittedNotebook.assignment_id == submission.id,
            api.SubmittedNotebook.notebook_id == notebook.id,
        )
    )
    if found is None:
        found = api.SubmittedNotebook(assignment_id=submission.id, notebook_id=notebook.id)
        session.add(found)
        session.flush()
    grades = {grade.cell_id for grade in found.grades}
    for cell in (*notebook.grade_cells, *notebook.task_cells):
        if cell.id not in grades:
            found.grades.append(api.Grade(cell_id=cell.id))
    comments = {comment.cell_id for comment in found.comments}
    for cell in (*notebook.solution_cells, *notebook.task_cells):
        if cell.id not in comments:
            found.comments.append(api.Comment(cell_id=cell.id))
    session.flush()
    return found


def _grade(submitted: api.SubmittedNotebook, status: str, cells: dict[str, CellResult]) -> None:
    for grade in submitted.grades:
        cell = cells.get(grade.cell.name)
        reviewed = grade.manual_score is not None
        if status == GRADED and isinstance(grade.cell, api.TaskCell):
            # nbgrader leaves tasks to a person, and keeps the person's word when it grades again.
            grade.auto_score = None
            grade.needs_manual_grade = not reviewed or bool(grade.needs_manual_grade)
        elif status == GRADED:
            grade.auto_score = cell.score if cell else None
            grade.needs_manual_grade = reviewed or grade.auto_score is None
        else:
            grade.auto_score = None if status == FAILED else 0.0
            grade.needs_manual_grade = status in (REFUSED, FAILED)


def _comment(submitted: api.SubmittedNotebook, cells: dict[str, CellResult]) -> None:
    for comment in submitted.comments:
        cell = cells.get(comment.cell.name)
        empty = cell is not None and not cell.changed and not isinstance(comment.cell, api.TaskCell)
        comment.auto_comment = NO_RESPONSE if empty else None


def _assignment(session: Session, bundle: Bundle, course_id: str) -> None:
    """Brings the assignment's own rows in step with the bundle."""
    for name in (bundle.assignment, *(notebook.name for notebook in bundle.notebooks)):
        if len(name) > _NAME_LENGTH:
            raise GradebookError(
                f"a gradebook has no room for a name of {len(name)} characters: {name[:20]}…"
            )
    assignment = _find(session, bundle.assignment)
    if assignment is None:
        assignment = api.Assignment(name=bundle.assignment, course_id=course_id)
        session.add(assignment)
        session.flush()
    existing = {notebook.name: notebook for notebook in assignment.notebooks}
    wanted = {notebook.name for notebook in bundle.notebooks}
    for source in bundle.notebooks:
        notebook = existing.get(source.name)
        if notebook is not None and {(c.name, type(c).__name__) for c in _cells_of(notebook)} != _wanted(
            source
        ):
            _remove(session, notebook, bundle)
            notebook = None
        if notebook is None:
            kernelspec = json.dumps(source.metadata.get("kernelspec", {}))
            notebook = api.Notebook(name=source.name, assignment_id=assignment.id, kernelspec=kernelspec)
            session.add(notebook)
            session.flush()
            _add_cells(session, notebook, source)
        _update(notebook, {cell.grade_id: cell for cell in source.cells if cell.grade_id})
    for name in existing.keys() - wanted:
        _remove(session, existing[name], bundle)


def _kinds(cell: Cell) -> list[type]:
    """nbgrader's rows for a cell: what is graded, what is commented on, what its text was."""
    kinds = [(cell.grade, api.GradeCell), (cell.solution, api.SolutionCell), (cell.task, api.TaskCell)]
    found: list[type] = [kind for applies, kind in kinds if applies]
    return [*found, api.SourceCell] if cell.grade_id and (found or cell.locked) else found


def _wanted(source: Source) -> set[tuple[str, str]]:
    return {(cell.grade_id, kind.__name__) for cell in source.cells for kind in _kinds(cell)}


def _cells_of(notebook: api.Notebook) -> list[api.Base]:
    return [*notebook.grade_cells, *notebook.solution_cells, *notebook.task_cells, *notebook.source_cells]


def _remove(session: Session, notebook: api.Notebook, bundle: Bundle) -> None:
    """Takes out a notebook whose cells are others now. Grades that exist are never thrown away."""
    if notebook.submissions:
        raise GradebookError(
            f"cells were added to or removed from '{bundle.assignment}/{notebook.name}', and the gradebook has "
            f"submissions of the old version: use another gradebook, or 'nbgrader db assignment remove'"
        )
    for cell in _cells_of(notebook):
        session.delete(cell)
    session.flush()
    session.delete(notebook)
    session.flush()
    session.expire_all()


def _add_cells(session: Session, notebook: api.Notebook, source: Source) -> None:
    for cell in source.cells:
        for kind in _kinds(cell):
            row = kind(name=cell.grade_id, notebook_id=notebook.id)
            if kind is not api.SolutionCell:
                row.cell_type = cell.kind
            if kind in (api.GradeCell, api.TaskCell):
                row.max_score = float(cell.points)
            session.add(row)
    session.flush()
    session.expire(notebook)


def _update(notebook: api.Notebook, cells: dict[str, Cell]) -> None:
    """Writes what may change without making the cells others: points, sources, checksums."""
    for row in (*notebook.grade_cells, *notebook.task_cells):
        row.max_score, row.cell_type = float(cells[row.name].points), cells[row.name].kind
    for row in notebook.source_cells:
        cell = cells[row.name]
        row.cell_type, row.locked = cell.kind, cell.locked
        row.source, row.checksum = cell.source, cell.checksum
