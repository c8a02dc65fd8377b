"""Everything that is kept of a result: the gradebook's rows, the autograded notebooks, the feedback pages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from course_lib.grading.engine.journal import writing
from course_lib.grading.engine.model import Bundle, Result, Submission
from course_lib.grading.records import feedback, marks
from course_lib.grading.records.connection import GradebookError
from course_lib.grading.records.gradebook import Writer
from course_lib.grading.records.notebooks import write_autograded
from course_lib.notebooks.errors import CourseError

_PAUSES = (0.2, 1.0, 3.0)
"""Seconds to wait before a gradebook is asked again."""


def read_marks(db_url: str, assignment: str, student: str | None = None) -> marks.Gradebook:
    """`marks.read` for a gradebook that answered a moment ago: a connection that is lost is made again."""
    for pause in _PAUSES:
        try:
            return marks.read(db_url, assignment, student)
        except CourseError:
            time.sleep(pause)
    try:
        return marks.read(db_url, assignment, student)
    except CourseError as error:
        raise GradebookError(f"{error}: what was graded is kept; run the same command again", 1) from error


@dataclass(frozen=True)
class Folders:
    """Where the files of a class go, each in a folder STUDENT/ASSIGNMENT there."""

    autograded: Path
    feedback: Path


class ClassRecorder:
    """Records results of one assignment. `target` is the gradebook's address.

    gradebook: entered. Writing a result again changes nothing.
    """

    def __init__(self, bundle: Bundle, gradebook: Writer, db_url: str, folders: Folders) -> None:
        self.target = db_url
        self._bundle = bundle
        self._gradebook = gradebook
        self._folders = folders

    def record(self, result: Result, submission: Submission) -> None:
        """Write one result everywhere. Raises GradebookError, NoRoom, JournalError."""
        self._gradebook.write(result, self._bundle)
        given = read_marks(self.target, self._bundle.assignment, result.student)
        graded, pages = self._places(result.student)
        with writing(graded):
            write_autograded(result, self._bundle, submission, graded)
        with writing(pages):
            for left in pages.glob(".*"):  # half of a file that a killed run was writing
                left.unlink()
            secret = submission.files.get(feedback.SECRET, b"")
            feedback.write(self._bundle, result, self._folders.feedback, given, secret)

    def has(self, student: str) -> bool:
        """Whether the student's folders are there."""
        return all(place.is_dir() for place in self._places(student))

    def _places(self, student: str) -> tuple[Path, Path]:
        name = self._bundle.assignment
        return self._folders.autograded / student / name, self._folders.feedback / student / name
