"""What goes wrong in a source, said in one line."""

from __future__ import annotations

from dataclasses import dataclass


class CourseError(Exception):
    """A mistake a person can mend; its text is one line that says what is wrong and what to do.

    ``code`` is the exit status of the ``course`` command: 2 for bad input, 1 for a check that failed.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, order=True)
class Problem:
    """One finding in a source file: where it is and what to do about it."""

    path: str
    line: int
    cell: int | None  # 1-based position among all cells of the notebook; None when it concerns the file
    message: str

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:"
        return f"{where} cell {self.cell}: {self.message}" if self.cell else f"{where} {self.message}"
