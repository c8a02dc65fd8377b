"""`nbgrader fetch_assignment`."""

from __future__ import annotations

from nbgrader.exchange import abc

from course_lib.hub.exchange.base import Exchange
from course_lib.hub.exchange.files import fill_folder, write_folder


class ExchangeFetchAssignment(Exchange, abc.ExchangeFetchAssignment):
    """A copy of a released assignment; what a student has is never overwritten."""

    def copy_files(self) -> None:
        """Fetch it."""
        folder = self.home(self.course, self.assignment)
        if folder.exists() and not self.replace_missing_files:
            self.fail(
                f"You already have a copy of the assignment in this directory: {folder.name}. To get only the "
                "files that are missing, add --replace; for a fresh copy, rename the folder first."
            )
        files = self.client.assignment(self.course, self.assignment)
        if folder.is_dir():
            missing = {path: content for path, content in files.items() if not (folder / path).exists()}
            for path in missing:
                self.log.warning("Replacing missing file '%s'", path)
            fill_folder(folder, missing)
        else:
            write_folder(folder, files)
        self.log.info("Fetched as: %s %s", self.course, self.assignment)
