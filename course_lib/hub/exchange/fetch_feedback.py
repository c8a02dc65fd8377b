"""`nbgrader fetch_feedback`."""

from __future__ import annotations

from nbgrader.exchange import abc

from course_lib.hub.exchange.base import Exchange, text
from course_lib.hub.exchange.files import checksum, write_folder


class ExchangeFetchFeedback(Exchange, abc.ExchangeFetchFeedback):
    """The feedback to every submission of one's own, in `feedback/<time>/` beside the notebooks."""

    def copy_files(self) -> None:
        """Fetch it."""
        student = self.student or self.username
        home = self.home(self.course, self.assignment)
        submissions = self.client.submissions(self.course, self.assignment, student)
        if not submissions:
            self.log.warning("You have not submitted '%s'", self.assignment)
        for submission in submissions:
            which = f"{self.course}/{self.assignment} submitted at {text(submission.moment)}"
            if not submission.feedback:
                self.log.warning("Could not find feedback for %s", which)
                continue
            folder = home / "feedback" / text(submission.moment)
            if any(checksum(folder / path) != there for path, there in submission.feedback.items()):
                pages = self.client.feedback(self.course, self.assignment, student, submission.moment)
                write_folder(folder, pages)
            self.log.info("Fetched feedback for %s: %s", which, folder)
