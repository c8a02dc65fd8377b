"""`nbgrader submit`."""

from __future__ import annotations

from pathlib import Path

from nbgrader.exchange import abc
from rapidfuzz import process

from course_lib.hub.exchange.base import Exchange, notebooks, text
from course_lib.hub.exchange.client import Submission
from course_lib.hub.exchange.files import write_folder
from course_lib.notebooks.errors import CourseError

TIMESTAMP = "timestamp.txt"


class ExchangeSubmit(Exchange, abc.ExchangeSubmit):
    """Hands the folder of an assignment in; the service says when."""

    def init_src(self) -> None:
        """The folder, which may be given as a path."""
        self.coursedir.assignment_id = Path(self.coursedir.assignment_id).name
        self.folder = self.home(self.course, self.assignment)
        if not self.folder.is_dir():
            others = [path.name for path in self.folder.parent.glob("[!.]*/")]
            near = process.extractOne(self.assignment, others)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            self.fail(f"Assignment not found at: {self.folder}{hint}")

    def init_dest(self) -> None:
        """Nobody submits for another."""
        if self.student not in ("", self.username):
            self.fail(f"You are {self.username}: nobody can submit for '{self.student}'.")

    def copy_files(self) -> None:
        """Submit."""
        files = self.read(self.folder)
        # These are nbgrader's, and come from the service.
        files.pop(TIMESTAMP, None)
        released = self.client.assignments(self.course).get(self.assignment)
        if released is None:
            raise CourseError(f"'{self.assignment}' is not released in {self.course}")
        self._compare(notebooks(released), notebooks(files))
        moment = self.client.submit(self.course, self.assignment, files)
        self.timestamp = text(moment)
        copy = self.copy_of(self.course, Submission(self.username, self.assignment, moment))
        write_folder(copy, {**files, TIMESTAMP: f"{self.timestamp}\n".encode()})
        self.log.info("Submitted as: %s %s %s", self.course, self.assignment, self.timestamp)

    def _compare(self, released: list[str], submitted: list[str]) -> None:
        """Says which notebooks are missing and which are extra; a missing one may be an error."""
        if released == submitted:
            return
        expected = [f"{path}: {'FOUND' if path in submitted else 'MISSING'}" for path in released]
        found = [f"{path}: {'OK' if path in released else 'EXTRA'}" for path in submitted]
        report = "Expected:\n\t{}\nSubmitted:\n\t{}".format("\n\t".join(expected), "\n\t".join(found))
        if self.strict and not set(released) <= set(submitted):
            self.fail(
                f"Assignment {self.assignment} not submitted. There are missing notebooks for the "
                f"submission:\n{report}"
            )
        self.log.warning(
            "Possible missing notebooks and/or extra notebooks submitted for assignment %s:\n%s",
            self.assignment,
            report,
        )
