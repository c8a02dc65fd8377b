"""`nbgrader release_feedback`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from nbgrader.exchange import abc

from course_lib.grading.engine.received import from_text
from course_lib.hub.exchange.base import Exchange
from course_lib.hub.exchange.files import Files
from course_lib.hub.exchange.submit import TIMESTAMP
from course_lib.notebooks.errors import CourseError


class ExchangeReleaseFeedback(Exchange, abc.ExchangeReleaseFeedback):
    """Gives each student the pages about the submission that was graded."""

    def copy_files(self) -> None:
        """Release. What cannot be released is said, and does not hold up the others."""
        excluded = set(self.coursedir.student_id_exclude.split(","))
        step = self.coursedir.feedback_directory
        pattern = Path(self.coursedir.format_path(step, "*", self.assignment))
        root = Path(pattern.anchor)
        failed = []
        done = 0
        for folder in sorted(root.glob(pattern.relative_to(root).as_posix())):
            student = self._student(folder)
            if student in excluded or self.student not in ("", student):
                continue
            pages: Files = {path.name: path.read_bytes() for path in sorted(folder.glob("*.html"))}
            if not pages:
                continue
            try:
                self.client.release_feedback(self.course, self.assignment, student, _moment(folder), pages)
            except (CourseError, OSError) as error:
                self.log.error("Feedback not released: %s %s: %s", student, self.assignment, error)
                failed.append(student)
            else:
                self.log.info("Feedback released to %s: %s/%s", student, self.course, self.assignment)
                done += 1
        if failed:
            self.fail(f"{len(failed)} of {len(failed) + done} were not released: {', '.join(failed)}")
        if not done:
            self.log.warning("No feedback on '%s' to release: generate it first", self.assignment)

    def _student(self, folder: Path) -> str:
        """Whose feedback a folder has: what stands in the path where the student's name goes."""
        mark = "\0"
        path = self.coursedir.format_path(self.coursedir.feedback_directory, mark, self.assignment)
        before, _, after = path.partition(mark)
        return str(folder)[len(before) : len(str(folder)) - len(after)]


def _moment(folder: Path) -> datetime:
    """When the submission was received that the feedback in this folder is about."""
    try:
        said = from_text((folder / TIMESTAMP).read_bytes())
    except FileNotFoundError:
        said = None
    if said is None:
        raise CourseError(
            f"{TIMESTAMP} does not say which submission this is about: collect and grade it again"
        )
    return said
