"""`nbgrader collect`."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.exchange import abc

from course_lib.hub.exchange.base import Exchange, text
from course_lib.hub.exchange.client import Submission
from course_lib.hub.exchange.files import check_name, write_folder
from course_lib.hub.exchange.submit import TIMESTAMP
from course_lib.notebooks.errors import CourseError


class ExchangeCollect(Exchange, abc.ExchangeCollect):
    """The latest submission of each student, or the last before the due date, with the time of the service."""

    def init_src(self) -> None:
        """The submissions to collect."""
        found = defaultdict(list)
        for submission in self.client.submissions(self.course, self.assignment, self.student):
            found[submission.student].append(submission)
        due = self._due() if self.before_duedate else None
        self.chosen = [_choose(submissions, due) for _, submissions in sorted(found.items())]

    def copy_files(self) -> None:
        """Collect. What cannot be collected is said, and does not hold up the others."""
        if not self.chosen:
            self.log.warning(
                "No submissions of '%s' for course '%s' to collect", self.assignment, self.course
            )
            return
        self.log.info(
            "Processing %s submissions of '%s' for course '%s'",
            len(self.chosen),
            self.assignment,
            self.course,
        )
        failed = []
        for submission in self.chosen:
            try:
                self._collect(submission)
            except (CourseError, OSError) as error:
                self.log.error("Not collected: %s %s: %s", submission.student, self.assignment, error)
                failed.append(submission.student)
        if failed:
            self.fail(
                f"{len(failed)} of {len(self.chosen)} submissions were not collected: {', '.join(failed)}"
            )

    def _due(self) -> datetime | None:
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                due = gradebook.find_assignment(self.assignment).duedate
            except MissingEntry:
                return None
        return due.replace(tzinfo=UTC) if due else None

    def _collect(self, submission: Submission) -> None:
        student = check_name(submission.student, "a student")
        which = f"{student} {self.assignment}"
        folder = Path(
            self.coursedir.format_path(self.coursedir.submitted_directory, student, self.assignment)
        )
        if folder.is_dir():
            existing = self.coursedir.get_existing_timestamp(folder)
            there = existing.replace(tzinfo=UTC) if existing else None
            newer = there is None or submission.moment > there
            if not (self.update and newer) and not (self.before_duedate and submission.moment != there):
                self.log.info(
                    "No newer submission to collect: %s"
                    if self.update
                    else "Submission already exists, use --update to update: %s",
                    which,
                )
                return
        _, files = self.client.submission(self.course, self.assignment, student, submission.moment)
        # A student may have put anything where the time of the service goes.
        kept = {path: content for path, content in files.items() if path.split("/")[0] != TIMESTAMP}
        self.log.info("%s submission: %s", "Updating" if folder.is_dir() else "Collecting", which)
        write_folder(folder, {**kept, TIMESTAMP: f"{text(submission.moment)}\n".encode()})


def _choose(submissions: list[Submission], due: datetime | None) -> Submission:
    """The last in time; the last of all where there is no such, or no due date."""
    in_time = [submission for submission in submissions if due and submission.moment <= due]
    return (in_time or submissions)[-1]
