"""The pages: what students are told, and that nothing in it is more than text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from course_lib.hub.grading import pages
from course_lib.hub.grading.policy import ALL, VISIBLE
from course_lib.hub.grading.queue import DONE, FAILED, GRADING, SUPERSEDED, WAITING, Job
from tests.site import checks
from tests.site.browser import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def job(number: int = 1, state: str = DONE, scope: str = VISIBLE, **more: object) -> Job:
    columns = {"student": "ada", "assignment": "losses", "points": 0.0, "of": 0.0, "reason": "", "tests": []}
    moment = (NOW + timedelta(minutes=number)).isoformat(timespec="microseconds")
    return Job(**{**columns, "id": number, "state": state, "scope": scope, "moment": moment, **more})


def own(*jobs: Job, places: dict | None = None, due: dict | None = None) -> str:
    return pages.own("ada", pages.sections(jobs, places or {}, due or {}, NOW), 10)


def test_a_student_sees_the_points_of_the_visible_tests_and_what_follows() -> None:
    tests = [
        {"name": "The mean", "points": 2.0, "of": 2.0, "message": ""},
        {"name": "Centred", "points": 0.0, "of": 3.0, "message": "the mean is not 0"},
    ]
    html = own(job(points=2.0, of=5.0, tests=tests), due={"losses": NOW + timedelta(days=1)})
    for text in ("2 of 5 points", "The mean", "passed", "the mean is not 0", "0 / 3", 'href="submission/1/"'):
        assert text in html
    assert "Hidden tests and what a person grades follow after the due date" in html
    assert "2 March 2026, 12:00:00 UTC" in html


def test_the_place_in_the_queue_and_the_hourly_limit() -> None:
    assert "number 3 in the queue" in own(job(state=WAITING), places={1: (3, 0.0)})
    until = (NOW + timedelta(minutes=5)).timestamp()
    html = own(job(state=WAITING), places={1: (3, until)})
    assert "It is graded after 12:05:00 UTC" in html
    assert "10 gradings" in html
    assert "being graded" in own(job(state=GRADING))


def test_a_failure_is_one_line() -> None:
    assert "the worker was lost twice" in own(job(state=FAILED, reason="the worker was lost twice"))


def test_why_an_assignment_cannot_be_graded_is_for_the_instructor() -> None:
    until = (NOW + timedelta(minutes=5)).timestamp()
    waiting = job(state=WAITING, reason="/srv/course/source: no notebooks")
    found = pages.sections([waiting], {1: (1, until)}, {}, NOW)
    assert "/srv/course" not in pages.own("ada", found, 10)
    assert "cannot be graded at the moment" in pages.own("ada", found, 10)
    assert "/srv/course/source: no notebooks" in pages.everybody("c", found)


def test_earlier_submissions_are_listed() -> None:
    html = own(job(3), job(2, SUPERSEDED), job(1))
    assert "2 earlier gradings" in html
    assert "not graded: a later one came" in html


def test_what_hidden_tests_gave_is_shown_after_the_due_date_only() -> None:
    jobs = [job(1, scope=ALL, points=1.0, of=7.0), job(1, points=2.0, of=5.0, id=2)]
    assert "1 of 7" not in own(*jobs, due={"losses": NOW + timedelta(days=1)})
    assert "2 of 5" in own(*jobs, due={"losses": NOW + timedelta(days=1)})
    html = own(*jobs, due={"losses": NOW - timedelta(days=1)})
    assert "1 of 7" in html
    assert "the hidden ones too" in html


def test_everything_is_escaped_and_no_script_may_run() -> None:
    test = {"name": HOSTILE, "points": 0.0, "of": 1.0, "message": HOSTILE}
    hostile = [
        job(1, student=HOSTILE, assignment=HOSTILE, tests=[test], reason=HOSTILE),
        job(2, FAILED, reason=HOSTILE, assignment="b"),
    ]
    found = pages.sections(hostile, {}, {}, NOW)
    for html in (pages.own(HOSTILE, found, 10), pages.everybody(HOSTILE, found)):
        assert "<script" not in html
        assert "<img" not in html
        assert "default-src 'none'" in html.replace("&#39;", "'")


def test_an_empty_page_says_so() -> None:
    assert "You have not handed in anything yet" in own()
    assert "Nothing has been handed in yet" in pages.everybody("c", [])


@pytest.mark.parametrize("scheme", checks.SCHEMES)
@pytest.mark.parametrize("viewport", checks.VIEWPORTS)
def test_the_pages_are_accessible(
    browser: Browser, tmp_path: Path, scheme: checks.Scheme, viewport: str
) -> None:
    tests = [{"name": "The mean", "points": 2.0, "of": 2.0, "message": ""}]
    tests += [{"name": "Centred", "points": 0.0, "of": 3.0, "message": "the mean is not 0"}]
    jobs = [
        job(4, WAITING, assignment="optimizers"),
        job(3, points=2.0, of=5.0, tests=tests),
        job(2, SUPERSEDED),
        job(1, FAILED, reason="the worker was lost twice", assignment="perceptron"),
    ]
    (tmp_path / "own.html").write_text(own(*jobs, places={4: (1, 0.0)}), encoding="utf-8")
    found = pages.sections(jobs, {4: (1, 0.0)}, {}, NOW)
    (tmp_path / "everybody.html").write_text(pages.everybody("deep-learning", found), encoding="utf-8")
    with served(tmp_path) as address:
        for name in ("own", "everybody"):
            page = f"{address}{name}.html"
            assert checks.accessibility(browser, page, scheme, checks.VIEWPORTS[viewport]) == []
