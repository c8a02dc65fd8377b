"""Makes the bundle of an assignment: from any nbgrader course folder, or from this course's text sources."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Assignment as SavedAssignment
from nbgrader.api import Notebook as SavedNotebook
from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from traitlets.config import Config

from course_lib.grading.engine import generated, policy, syntax
from course_lib.grading.engine.coursedir import CourseFolder, open_course
from course_lib.grading.engine.model import Bundle, Cell, Limits, Notebook
from course_lib.grading.source import Assignment
from course_lib.notebooks.errors import CourseError

FILES_MB = 64
"""Largest total of an assignment's extra files: every submission gets a copy of them."""

_DROPPED_METADATA = ("celltoolbar", policy.KEY)


class BundleError(CourseError):
    """An assignment that cannot be graded as it is."""


def from_assignment(assignment: Assignment, *, limits: Limits | None = None) -> Bundle:
    """The bundle of one of this course's assignments, without nbgrader's database.

    limits: those that the assignment does not set itself. Raises NotGenerated, PolicyError.
    """
    where, source = str(assignment.path), assignment.notebook
    parts = _Parts(where, source, generated.saved(where, source, Config()), Config())
    return _assembled(assignment.slug, {assignment.slug: parts}, {}, (), limits)


def from_course(
    course_dir: Path, assignment: str, *, limits: Limits | None = None, db_url: str | None = None
) -> Bundle:
    """The bundle of an assignment as `nbgrader generate_assignment` left it.

    Order, metadata and reference answers come from `source/`, everything else from the gradebook, as in
    `nbgrader autograde`. limits: those that the assignment does not set itself. db_url: another gradebook
    than the course's. Raises CourseFolderError, NotGenerated, PolicyError and BundleError, one line each.
    """
    course = open_course(course_dir, db_url)
    folder = course.source(assignment) if assignment else course.root
    paths = sorted(folder.glob("*.ipynb")) if assignment else []
    if not paths:
        base = course.source("*")
        there = sorted({p.name for p in base.parent.glob(base.name) if any(p.glob("*.ipynb"))})
        raise BundleError(f"{folder}: no notebooks there; the assignments are: {', '.join(there) or 'none'}")
    contents = _gradebook(course, assignment)
    names = {path.stem for path in paths}
    if names != contents.keys():
        differ = ", ".join(sorted(names ^ contents.keys()))
        raise BundleError(
            f"{folder}: notebooks that only it or the gradebook has: {differ}; {_again(assignment)}"
        )
    notebooks = {p.stem: _from_source(course, p, contents[p.stem], assignment) for p in paths}
    overwritten = course.config.get("Autograde", {}).get("exclude_overwriting", {})
    own = tuple(overwritten.get(assignment, ()))
    return _assembled(assignment, notebooks, _files(course, folder), own, limits)


def _again(assignment: str) -> str:
    return f"run 'nbgrader generate_assignment {assignment} --force'"


@dataclass(frozen=True)
class _Parts:
    """A notebook of an assignment: with its answers, and as the gradebook has it."""

    where: str
    source: NotebookNode
    saved: NotebookNode
    config: Config


def _assembled(
    name: str,
    notebooks: dict[str, _Parts],
    files: dict[str, str],
    own: tuple[str, ...],
    limits: Limits | None,
) -> Bundle:
    """own: files that students may change, besides those that the policy accepts."""
    wanted = policy.merged((p.where, policy.read(p.where, p.source.metadata)) for p in notebooks.values())
    sources = [c.source for p in notebooks.values() for c in p.source.cells if c.cell_type == "code"]
    return Bundle(
        assignment=name,
        notebooks=tuple(_notebook(name, parts) for name, parts in notebooks.items()),
        files=files,
        accepts=(*wanted.accepts, *(path for path in own if path not in wanted.accepts)),
        preload=syntax.imported(sources),
        extra_cells=wanted.extra_cells is not False,
        limits=wanted.applied(limits or Limits()),
    )


def _notebook(name: str, parts: _Parts) -> Notebook:
    released = generated.released(parts.where, parts.saved, parts.config)
    cells = zip(parts.source.cells, parts.saved.cells, released.cells, strict=True)
    metadata = {key: value for key, value in parts.saved.metadata.items() if key not in _DROPPED_METADATA}
    # Through JSON, to be free of nbformat's own classes.
    return Notebook(name, json.loads(json.dumps(metadata)), tuple(_cell(*c, parts.where) for c in cells))


def _cell(source: NotebookNode, saved: NotebookNode, released: NotebookNode, where: str) -> Cell:
    """One cell of the bundle, from the same cell with its answer, in the gradebook, and as released."""
    code = saved.cell_type == "code"
    if not generated.is_known(saved):
        kept = syntax.placeholders(released.source) if code else frozenset()
        return Cell(saved.cell_type, released.source, defines=tuple(sorted(kept)))
    meta = saved.metadata.nbgrader
    solution, task = bool(utils.is_solution(saved)), bool(utils.is_task(saved))
    grade = bool(utils.is_grade(saved))
    kept = (
        syntax.defined(source.source) | syntax.defined(released.source) if solution and code else frozenset()
    )
    same = released.source == saved.source
    return Cell(
        kind=saved.cell_type,
        # A student's cell is filled with its stub where it is missing: no marking scheme may be in it.
        source=released.source if solution else saved.source,
        grade_id=meta.grade_id,
        grade=grade,
        solution=solution,
        task=task,
        locked=bool(utils.is_locked(saved)),
        points=float(meta.points) if grade or task else 0.0,
        checksum=meta.get("checksum") or "",
        defines=tuple(sorted(kept)),
        classes=tuple(sorted(kept & (syntax.classes(source.source) | syntax.classes(released.source)))),
        forbidden=_forbidden(saved, where),
        released=None if same or solution else released.source,
    )


def _forbidden(cell: NotebookNode, where: str) -> tuple[str, ...]:
    course = cell.metadata.get(policy.KEY, {})
    names = course.get("forbidden", []) if isinstance(course, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        grade_id = cell.metadata.nbgrader.grade_id
        raise BundleError(f"{where}: cell '{grade_id}': 'course.forbidden' is not a list of dotted names")
    return tuple(names)


def _from_source(
    course: CourseFolder, path: Path, contents: dict[str, dict[str, Any]], assignment: str
) -> _Parts:
    """A source notebook, overlaid with the gradebook's cells."""
    where = str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{where}: cannot be read: {error}") from error
    source = generated.with_header(where, generated.upgraded(where, text), course.config, course.root)
    saved = generated.saved(where, source, course.config)
    known = {c.metadata.nbgrader.grade_id: c for c in saved.cells if generated.is_known(c)}
    if known.keys() != contents.keys():
        differ = ", ".join(sorted(known.keys() ^ contents.keys()))
        raise BundleError(f"{where}: cells that only it or the gradebook has: {differ}; {_again(assignment)}")
    for grade_id, cell in known.items():
        _overlay(f"{where}: cell '{grade_id}'", cell, contents[grade_id], assignment)
    return _Parts(where, source, saved, course.config)


def _overlay(where: str, cell: NotebookNode, content: dict[str, Any], assignment: str) -> None:
    meta = cell.metadata.nbgrader
    here = {
        "kind": cell.cell_type,
        "points": float(meta.points) if utils.is_grade(cell) or utils.is_task(cell) else None,
        "graded": bool(utils.is_grade(cell)),
        "answer": bool(utils.is_solution(cell)),
        "locked": bool(utils.is_locked(cell)),
    }
    for what, value in here.items():
        if value != content[what]:
            raise BundleError(
                f"{where}: {what} is {value} here and {content[what]} in the gradebook; {_again(assignment)}"
            )
    cell.source = content["source"]
    meta.checksum = content["checksum"]


def _gradebook(course: CourseFolder, assignment: str) -> dict[str, dict[str, dict[str, Any]]]:
    """The cells of an assignment by notebook and grade_id. Opens the gradebook only to read."""
    never = BundleError(
        f"{assignment} is not in the gradebook {course.database}; run 'nbgrader generate_assignment {assignment}'"
    )
    file = course.database_file()
    if file is not None and not file.is_file():
        raise never
    try:
        engine = create_engine(course.db_url)
        try:
            with Session(engine) as session:
                found = session.scalars(
                    select(SavedAssignment).where(SavedAssignment.name == assignment)
                ).first()
                if found is None or not found.notebooks:
                    raise never
                return {notebook.name: dict(_saved_cells(notebook)) for notebook in found.notebooks}
        finally:
            engine.dispose()
    except (SQLAlchemyError, ImportError) as error:  # ImportError: the database's driver
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise BundleError(
            f"the gradebook {course.database} cannot be read: {reason}; is it nbgrader's, and up to date?"
        ) from error


def _saved_cells(notebook: SavedNotebook) -> Iterator[tuple[str, dict[str, Any]]]:
    graded = {cell.name: cell.max_score for cell in notebook.grade_cells}
    tasks = {cell.name: cell.max_score for cell in notebook.task_cells}
    answers = {cell.name for cell in notebook.solution_cells}
    for cell in notebook.source_cells:
        yield (
            cell.name,
            {
                "kind": cell.cell_type,
                "points": graded.get(cell.name, tasks.get(cell.name)),
                "graded": cell.name in graded,
                "answer": cell.name in answers,
                "locked": bool(cell.locked),
                "source": cell.source or "",
                "checksum": cell.checksum or "",
            },
        )


def _files(course: CourseFolder, folder: Path) -> dict[str, str]:
    """The extra files of an assignment, base64 by relative path, without what nbgrader ignores."""
    found: dict[str, str] = {}
    left = FILES_MB * 2**20
    for path in sorted(map(Path, utils.find_all_files(str(folder), [*course.directory.ignore, "*.ipynb"]))):
        left -= os.stat(path).st_size
        if left < 0:
            raise BundleError(
                f"{folder}: more than {FILES_MB} MB of extra files; let the notebook load large data"
            )
        found[path.relative_to(folder).as_posix()] = base64.b64encode(path.read_bytes()).decode("ascii")
    return found


def with_limits(bundle: Bundle, **limits: float) -> Bundle:
    """The same bundle with other limits, by their names in `model.Limits`."""
    values: dict[str, Any] = limits
    return replace(bundle, limits=replace(bundle.limits, **values))
