"""What the service takes from the instructor's course folder, read-only: bundles, and when work is due."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Assignment
from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from course_lib.grading.engine.bundle import from_course
from course_lib.grading.engine.coursedir import CourseFolder, open_course
from course_lib.grading.engine.model import Bundle
from course_lib.hub.grading.policy import ALL
from course_lib.hub.grading.visible import visible_only
from course_lib.notebooks.errors import CourseError

_Stamp = tuple[tuple[str, int], ...]


class Assignments:
    """The assignments of a course folder; `course` is its id.

    Everything raises CourseError, one line, for a folder or an assignment that cannot be used as it is.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Read once: reading it again would change the working folder, which the threads share.
        self._course = open_course(folder)
        self.course = self._course.directory.course_id
        self._lock = threading.Lock()
        self._bundles: dict[str, tuple[_Stamp, Bundle]] = {}

    def due(self) -> dict[str, datetime | None]:
        """When each assignment of the gradebook is due, where that is set."""
        file = self._course.database_file()
        if file is not None and not file.is_file():
            return {}
        try:
            engine = create_engine(self._course.db_url)
            try:
                with Session(engine) as session:
                    found = session.execute(select(Assignment.name, Assignment.duedate)).all()
            finally:
                engine.dispose()
        except SQLAlchemyError as error:
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise CourseError(f"the gradebook {self._course.database} cannot be read: {reason}") from error
        # nbgrader keeps UTC without saying so.
        return {name: due and due.replace(tzinfo=UTC) for name, due in found}

    def bundle(self, name: str, scope: str) -> Bundle:
        """The assignment with all of its tests, or with those only that students can read."""
        with self._lock:
            stamp = _stamp(self._course, name)
            kept = self._bundles.get(name)
            if kept is None or kept[0] != stamp:
                kept = self._bundles[name] = (stamp, from_course(self._folder, name))
        return kept[1] if scope == ALL else visible_only(kept[1])


def _stamp(course: CourseFolder, name: str) -> _Stamp:
    """Changes when the assignment may have changed."""
    paths = sorted(course.source(name).rglob("*"))
    if file := course.database_file():
        paths.append(file)
    return tuple((str(path), path.stat().st_mtime_ns) for path in paths if path.is_file())
