"""Puts the course on the hub: the instructor's nbgrader folder, and what the exchange knows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from course_lib.grading import source, stock
from course_lib.grading.lint import lint_cells
from course_lib.grading.release import notebook_text
from course_lib.hub import accounts
from course_lib.hub.exchange.client import Client
from course_lib.hub.place import COURSE, Place, read_json, write_private
from course_lib.notebooks.errors import CourseError

_CONFIG = f"""\
c = get_config()

c.CourseDirectory.course_id = "{COURSE}"
"""


def course_folder(place: Place, root: Path, slugs: Sequence[str]) -> list[str]:
    """Make the instructor's nbgrader course folder from the sources of the course at `root`.

    slugs: the assignments. What is there stays as it is. Returns the assignments made now.
    Raises CourseError for a source that nbgrader or the rules of the course refuse.
    """
    course = place.course
    course.mkdir(parents=True, exist_ok=True)
    config = course / "nbgrader_config.py"
    if not config.exists():
        config.write_text(_CONFIG, encoding="utf-8")
    paths = source.find(root, list(slugs)) if slugs else []
    new = [path for path in paths if not _released(course, path.stem).is_file()]
    assignments = [source.load(path) for path in new]
    if wrong := [line for assignment in assignments for line in lint_cells(assignment)]:
        raise CourseError("\n".join(wrong))
    for assignment in assignments:
        target = course / "source" / assignment.slug / f"{assignment.slug}.ipynb"
        if not target.exists():  # an earlier start may have been cut short
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(notebook_text(assignment.notebook), encoding="utf-8")
        # nbgrader leaves out what has a folder, be it empty.
        shutil.rmtree(_released(course, assignment.slug).parent, ignore_errors=True)
    try:
        if new:
            request = {"course": str(course), "course_id": COURSE, "step": "generate"}
            stock.child([request | {"slug": path.stem} for path in new])
    except stock.GradingFailed as error:
        raise CourseError(f"nbgrader cannot make the student versions: {error}") from error
    if new:
        _enrol(place)
    return [path.stem for path in new]


def _enrol(place: Place) -> None:
    """Put the students on the gradebook's list: formgrader shows them before they hand in anything."""
    # Imported here: it takes a second, and most starts have nothing to make.
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{place.course / 'gradebook.db'}", COURSE) as gradebook:
        for name in accounts.names(place, accounts.STUDENT):
            gradebook.update_or_create_student(name)


def exchange(place: Place, client: Client, slugs: Sequence[str]) -> list[str]:
    """Make the course and its people known to the exchange, and release `slugs`; returns what was released now.

    Every assignment is released once: one that the instructor has withdrawn is not released again.
    """
    client.add_course(COURSE)
    for name in sorted(set(accounts.names(place, accounts.INSTRUCTOR)) - set(client.instructors(COURSE))):
        client.add_instructor(COURSE, name)
    client.add_students(
        COURSE, sorted(set(accounts.names(place, accounts.STUDENT)) - set(client.students(COURSE)))
    )
    record = place.root / "released.json"
    done = set(read_json(record)["assignments"]) if record.exists() else set()
    there = set(client.assignments(COURSE))
    new = [slug for slug in slugs if slug not in done | there]
    for slug in new:
        client.release(COURSE, slug, _files(_released(place.course, slug).parent))
    write_private(record, json.dumps({"assignments": sorted(done | there | set(slugs))}))
    return new


def _released(course: Path, slug: str) -> Path:
    """The student version, as nbgrader leaves it."""
    return course / "release" / slug / f"{slug}.ipynb"


def _files(folder: Path) -> dict[str, bytes]:
    """A folder's files by their paths in it."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
