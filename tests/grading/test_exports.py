"""Marks for Moodle and Canvas, written by nbgrader's own command."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course_lib.grading.exports import Moodle
from course_lib.notebooks.errors import CourseError
from tests.grading.command import nbgrader


@pytest.fixture(scope="module", autouse=True)
def programs() -> Iterator[None]:
    """nbgrader calls alembic, which lies beside the interpreter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        yield


@pytest.fixture(scope="module")
def course(programs: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gradebook: ada has 7.5 of 8 points, ben is late, cleo handed in nothing; a second assignment is untouched."""
    folder = tmp_path_factory.mktemp("course")
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        for name, points in (("losses", 8), ("perceptron", 3)):
            book.add_assignment(name)
            book.add_notebook(name, name)
            book.add_grade_cell("test", name, name, max_score=points, cell_type="code")
            book.add_source_cell("test", name, name, cell_type="code")
        book.add_student("ada", first_name="Ada", last_name="King, Lady Lovelace")
        book.add_student("ben", first_name="=1+1")
        book.add_student("cleo")
        for student, points in (("ada", 7.5), ("ben", 4)):
            book.add_submission("losses", student, timestamp=datetime.now(UTC).replace(tzinfo=None))
            grade = book.find_grade("test", "losses", "losses", student)
            grade.auto_score = points
            grade.needs_manual_grade = False
        book.find_submission_notebook("losses", "losses", "ben").late_submission_penalty = 1
        book.db.commit()
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    return folder


def export(course: Path, exporter: str, *arguments: str) -> list[list[str]]:
    nbgrader(
        course,
        "export",
        "--exporter",
        f"course_lib.grading.exports.{exporter}",
        "--to",
        "marks.csv",
        *arguments,
    )
    with open(course / "marks.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_moodle_gets_a_row_for_each_student(course):
    assert export(course, "Moodle") == [
        ["username", "losses", "perceptron"],
        ["ada", "7.5", ""],
        ["ben", "3", ""],
        ["cleo", "", ""],
    ]


def test_canvas_gets_its_columns_and_the_maximum(course):
    rows = export(course, "Canvas", "--assignment", "['losses']")
    assert rows == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "losses"],
        ["    Points Possible", "", "", "", "", "8"],
        ["King, Lady Lovelace, Ada", "", "", "ada", "", "7.5"],
        ["'=1+1", "", "", "ben", "", "3"],
        ["cleo", "", "", "cleo", "", ""],
    ]


def test_who_does_not_exist_is_named(course):
    with (
        Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book,
        pytest.raises(CourseError, match=r"no student bob in the gradebook; there are: ada, ben, cleo"),
    ):
        Moodle(student=["bob"]).export(book)
