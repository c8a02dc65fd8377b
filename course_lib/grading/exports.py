"""Marks as the tables that an LMS imports: `nbgrader export --exporter course_lib.grading.exports.Moodle`.

nbgrader's own table has a row for each student and assignment; Moodle and Canvas want a row for each student.
A field is empty where nothing was handed in, so that an import leaves what the LMS has.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

from course_lib.notebooks.errors import CourseError


class _Table(ExportPlugin):
    """Writes a row for each student. Raises CourseError for a student or an assignment that does not exist."""

    default = "marks.csv"

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `to`."""
        assignments = _chosen(gradebook.assignments, "name", self.assignment, "assignment")
        students = _chosen(gradebook.students, "id", self.student, "student")
        target = self.to or self.default
        with open(target, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerows(self.head(assignments))
            for student in students:
                marks = [_mark(gradebook, assignment.name, student.id) for assignment in assignments]
                rows.writerow([_plain(field) for field in [*self.person(student), *marks]])
        self.log.info("Wrote the marks of %d students to %s", len(students), target)

    def head(self, assignments: Sequence[Assignment]) -> list[list[str]]:
        """The rows above the students."""
        raise NotImplementedError

    def person(self, student: Student) -> list[str]:
        """A student's fields before the marks."""
        raise NotImplementedError


class Moodle(_Table):
    """`username` and the points of each assignment."""

    default = "moodle.csv"

    def head(self, assignments: Sequence[Assignment]) -> list[list[str]]:
        return [["username", *(assignment.name for assignment in assignments)]]

    def person(self, student: Student) -> list[str]:
        return [student.id]


class Canvas(_Table):
    """The columns of Canvas's gradebook; the second row holds the points that can be had."""

    default = "canvas.csv"

    def head(self, assignments: Sequence[Assignment]) -> list[list[str]]:
        fields = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        return [
            [*fields, *(assignment.name for assignment in assignments)],
            [
                "    Points Possible",
                "",
                "",
                "",
                "",
                *(f"{assignment.max_score:g}" for assignment in assignments),
            ],
        ]

    def person(self, student: Student) -> list[str]:
        names = [name for name in (student.last_name, student.first_name) if name]
        return [", ".join(names) or student.id, "", "", student.id, ""]


def _chosen(known: Iterable[Any], key: str, wanted: Sequence[str], what: str) -> list[Any]:
    """Those of `wanted`, or all by name."""
    found = {getattr(entry, key): entry for entry in sorted(known, key=lambda entry: getattr(entry, key))}
    names = [str(name) for name in wanted]
    if missing := [name for name in names if name not in found]:
        there = ", ".join(found) or "none"
        raise CourseError(f"no {what} {', '.join(missing)} in the gradebook; there are: {there}")
    return [found[name] for name in names] if names else list(found.values())


def _mark(gradebook: Gradebook, assignment: str, student: str) -> str:
    """Points less what lateness costs; nothing without a submission."""
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return ""
    return f"{max(0.0, submission.score - submission.late_submission_penalty):.10g}"


def _plain(field: str) -> str:
    """The field, such that no spreadsheet takes a name for a formula."""
    return f"'{field}" if field[:1] in ("=", "+", "-", "@", "\t", "\r") else field
