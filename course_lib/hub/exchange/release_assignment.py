"""`nbgrader release_assignment`."""

from __future__ import annotations

from pathlib import Path

from nbgrader.exchange import abc

from course_lib.hub.exchange.base import Exchange


class ExchangeReleaseAssignment(Exchange, abc.ExchangeReleaseAssignment):
    """Releases an assignment. With --force it replaces a release; submissions stay either way."""

    def init_src(self) -> None:
        """The folder that `nbgrader generate_assignment` made."""
        self.folder = self._folder(self.coursedir.release_directory)
        if not self.folder.is_dir():
            source = self._folder(self.coursedir.source_directory)
            hint = "run `nbgrader generate_assignment` first" if source.is_dir() else f"nor is there {source}"
            self.fail(f"Assignment not found at: {self.folder}; {hint}.")

    def copy_files(self) -> None:
        """Release it."""
        if not self.force and self.assignment in self.client.assignments(self.course):
            self.fail(
                f"Destination already exists, add --force to overwrite: {self.course} {self.assignment}"
            )
        files = self.read(self.folder)
        if not files:
            self.fail(f"There is nothing to release in {self.folder}.")
        self.client.release(self.course, self.assignment, files)
        self.log.info("Released as: %s %s", self.course, self.assignment)

    def _folder(self, step: str) -> Path:
        return Path(self.coursedir.format_path(step, ".", self.assignment))
