"""A class from login to feedback: two students and an instructor in browsers of their own, against a real hub."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.hub import centring
from tests.hub.centring import SLUG
from tests.hub.running import Hub

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.hub.people import Instructor, Student

    Class = tuple[Instructor, Student, Student]

PRAISE, ADVICE = "Clear, and *short*.", "Which weight, and why?"


@pytest.fixture(scope="module")
def people(hub: Hub, browser: Browser) -> Iterator[Class]:
    """The instructor, Ada and Ben, each in JupyterLab."""
    # Imported here: it needs Playwright.
    from tests.hub.people import Instructor, Student

    with ExitStack() as stack:
        everybody = (
            Instructor(browser, hub.url, "instructor"),
            Student(browser, hub.url, "ada"),
            Student(browser, hub.url, "ben"),
        )
        for person in everybody:
            stack.callback(person.context.close)
            person.log_in(hub.passwords[person.name])
        for person in everybody:
            person.is_in_lab()
        yield everybody


def test_a_class_from_login_to_feedback(people: Class) -> None:
    teacher, ada, ben = people
    for student in (ada, ben):
        student.open_assignments()
        student.fetch(SLUG)
        student.open_notebook(SLUG)

    # Ada passes the tests she can see, submits, finds her mistake and submits again.
    ada.answer(centring.MEANS)
    ada.answer(centring.ONE_MEAN)
    ada.answer_in_words("An offset that all samples share tells nothing.")
    assert ada.run_all() == ["a warm kernel\n"]
    assert "Success! Your notebook passes all the tests." in ada.validate()
    ada.show_tab("Assignments")
    assert len(ada.submit(SLUG)) == 1
    assert "The visible tests." in ada.read_test_results("5 of 5 points")
    ada.show_tab(SLUG)
    ada.answer(centring.CENTRED)
    assert "Success!" in ada.validate()
    ada.show_tab("Assignments")
    first, second = map(moment, ada.submit(SLUG))
    assert first < second

    # Then the assignment is due, and Ben is late.
    due = second.replace(microsecond=0) + timedelta(seconds=1)
    teacher.open_formgrader()
    teacher.set_due_date(SLUG, due)
    ben.answer(centring.OF_ROWS)
    ben.answer(centring.ONE_MEAN)
    ben.answer_in_words("The gradient.")
    failed = ben.validate()
    assert "The following cell failed" in failed
    assert "of each column, not of each row" in failed
    ben.answer(centring.MEANS)
    assert ben.run_all() == ["a warm kernel\n"]
    assert "Success!" in ben.validate()
    ben.show_tab("Assignments")
    (late,) = map(moment, ben.submit(SLUG))
    assert late > due
    results = ben.read_test_results("2 of 5 points")
    assert "All automatic tests" in results
    assert "columns of different size" in results

    # The last submissions are collected; one is graded with formgrader's button, all by command.
    collected = teacher.press(SLUG, "collect")
    assert "Successfully collected" in collected
    teacher.open_formgrader(f"manage_submissions/{SLUG}")
    assert "needs autograding" in teacher.row("ada").inner_text()
    graded = teacher.press("ben", "autograde")
    assert "Successfully autograded" in graded
    assert f"{(late - due).total_seconds()} seconds late" in graded
    assert "2 / 8" in teacher.row("ben").inner_text()
    teacher.open_terminal()
    said = teacher.type_command(f"course grade {SLUG} --course .")
    assert re.search(r"^2 +2 +0 +0 ", said, re.MULTILINE), said
    teacher.open_formgrader(f"manage_submissions/{SLUG}")
    for name, points in (("ada", "5 / 8"), ("ben", "2 / 8")):
        assert points in teacher.row(name).inner_text()
        assert "needs manual grading" in teacher.row(name).inner_text()

    # A person reads what no test can.
    submissions = teacher.submissions_to_grade(SLUG)
    teacher.grade_by_hand(submissions["ada"], "why", 2.5, PRAISE)
    teacher.grade_by_hand(submissions["ben"], "why", 1, ADVICE)

    # Feedback and marks.
    said = teacher.type_command(f"course feedback {SLUG} --course . && nbgrader export --to marks.csv")
    assert "feedback for 2 students" in said
    marks = teacher.read_file("course/marks.csv")
    teacher.open_formgrader()
    assert "Successfully released feedback" in teacher.press(SLUG, "release-feedback")

    for student, score, comment in ((ada, "7.5", "short"), (ben, "3", ADVICE)):
        student.open_assignments()
        student.fetch_feedback(SLUG)
        page = student.read_feedback(SLUG)
        assert f"{score} of 8 points" in page
        assert comment in page
        assert centring.HIDDEN not in page
    assert "columns of different size" in page

    rows = {row["student_id"]: row for row in csv.DictReader(io.StringIO(marks))}
    numbers = ("raw_score", "late_submission_penalty", "score", "max_score")
    assert {student: [float(row[key]) for key in numbers] for student, row in rows.items()} == {
        "ada": [7.5, 0, 7.5, 8],
        "ben": [3, 0, 3, 8],
    }
    assert [moment(rows[student]["timestamp"]) for student in ("ada", "ben")] == [second, late]
    assert {moment(row["duedate"]) for row in rows.values()} == {due}


def moment(text: str) -> datetime:
    """The time that a page or a file says, in UTC."""
    words = text.split()
    return datetime.fromisoformat(" ".join(words[:2])).replace(tzinfo=UTC)
