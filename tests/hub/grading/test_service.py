"""The service within a real hub: students hand in through the exchange, and look at their pages."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import requests

from course_lib.hub.exchange.client import Client
from course_lib.hub.grading import pages
from course_lib.hub.place import COURSE
from tests.hub import centring
from tests.hub.conftest import hub
from tests.hub.grading import made
from tests.hub.running import Hub, Person, wait_until

__all__ = ["hub"]

PAGE = "/services/grading/"
SECONDS = 120.0
_LATEST = re.compile('<p><span class="badge [a-z]+">([^<]+)</span> <span class="points">')
_POINTS = re.compile('<span class="points">([^<]+)</span>')


class Student:
    """Somebody who hands in, and reads the page about it."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.person: Person = hub.log_in(name)
        self.exchange = Client(hub.exchange, self.person.token())

    def submit(self, answers: dict[str, str]) -> datetime:
        files = made.submission(answers).files
        (content,) = files.values()
        return self.exchange.submit(COURSE, centring.SLUG, {f"{centring.SLUG}.ipynb": content})

    def page(self) -> str:
        response = self.person.get(PAGE)
        response.raise_for_status()
        return response.text

    def sees(self, received: datetime, state: str) -> None:
        """Wait until the latest submission is the one received then, and in this state."""
        shown = f"Handed in {pages.moment(received)}."
        wait_until(
            lambda: (
                shown in (page := self.page()) and state in (*_LATEST.findall(page), *_POINTS.findall(page))
            ),
            f"{self.person.name} sees {state!r}",
            SECONDS,
        )

    def links(self) -> list[str]:
        return re.findall(r'href="(submission/\d+/)"', self.page())


@pytest.fixture(scope="module")
def ada(hub: Hub) -> Student:
    return Student(hub, "ada")


@pytest.fixture(scope="module")
def ben(hub: Hub) -> Student:
    return Student(hub, "ben")


@pytest.fixture
def due(hub: Hub) -> Callable[[timedelta | None], None]:
    """Sets the due date, relative to now, as formgrader does."""

    def set_(when: timedelta | None) -> None:
        moment = when and (datetime.now(UTC) + when).strftime("%Y-%m-%d %H:%M:%S.%f")
        with sqlite3.connect(hub.place.course / "gradebook.db") as gradebook:
            gradebook.execute("UPDATE assignment SET duedate = ?", (moment,))
        gradebook.close()

    return set_


def service(hub: Hub) -> psutil.Process:
    """The service's process."""
    assert hub.process is not None
    (found,) = [
        process
        for process in psutil.Process(hub.process.pid).children(recursive=True)
        if "course_lib.hub.grading.service" in process.cmdline()
    ]
    return found


def test_a_submission_is_graded_with_the_visible_tests(hub: Hub, ada: Student, due: Callable) -> None:
    due(timedelta(days=1))
    assert "You have not handed in anything yet" in ada.page()
    ada.sees(ada.submit(made.ALMOST), "5 of 5 points")
    page = ada.page()
    assert "The visible tests. Hidden tests and what a person grades follow after the due date." in page
    (link,) = ada.links()
    told = ada.person.get(PAGE + link).text
    assert "Only the visible tests have run" in told
    for text in (page, told):
        assert centring.HIDDEN not in text
        assert "columns of different size" not in text


def test_another_student_sees_nothing_of_it_and_an_instructor_everything(
    hub: Hub, ada: Student, ben: Student
) -> None:
    (link,) = ada.links()
    assert "You have not handed in anything yet" in ben.page()
    assert ben.person.get(PAGE + link).status_code == 404
    assert requests.get(hub.url + PAGE + link, timeout=30, allow_redirects=False).status_code == 302
    instructor = hub.log_in("instructor")
    assert "ada" in instructor.get(PAGE).text
    assert "Only the visible tests" in instructor.get(PAGE + link).text


def test_a_token_of_a_service_account_shows_nothing(hub: Hub) -> None:
    headers = {"Authorization": f"token {hub.service_token()}"}
    response = requests.get(hub.url + PAGE, headers=headers, timeout=30, allow_redirects=False)
    assert response.status_code == 403


def test_the_pages_allow_no_script_and_no_frame(hub: Hub, ada: Student) -> None:
    for path in (PAGE, PAGE + ada.links()[0]):
        headers = ada.person.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "script" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert int(ada.person.get(PAGE).headers["Refresh"]) > 0


def test_a_notebook_that_kills_its_kernel_loses_its_points_and_the_next_is_graded(
    ada: Student, ben: Student
) -> None:
    received = ada.submit(made.RIGHT | {"means": "import os\nos.kill(os.getpid(), 9)"})
    ben.sees(ben.submit(made.RIGHT), "5 of 5 points")
    ada.sees(received, "0 of 5 points")


def test_a_killed_service_starts_again_and_loses_nothing(hub: Hub, ada: Student, ben: Student) -> None:
    before = service(hub)
    slow = f"import time\ntime.sleep(4)\n{centring.MEANS}"
    adas = ada.submit(made.RIGHT | {"means": slow})
    ada.sees(adas, "being graded")
    os.kill(before.pid, signal.SIGKILL)
    before.wait(30)
    bens = ben.submit(made.RIGHT | {"centred": "def centred(X):\n    return X"})  # while it is away
    wait_until(lambda: requests.get(f"{hub.url}{PAGE}health", timeout=5).ok, "the service is back", SECONDS)
    ada.sees(adas, "5 of 5 points")
    ben.sees(bens, "2 of 5 points")
    assert len(ada.links()) == 3
    assert service(hub).pid != before.pid


def test_after_the_due_date_the_hidden_tests_count(ada: Student, ben: Student, due: Callable) -> None:
    received = ben.submit(made.ALMOST)
    ben.sees(received, "5 of 5 points")
    due(-timedelta(seconds=1))
    ben.sees(received, "2 of 5 points")
    page = ben.page()
    assert "the hidden ones too" in page
    assert "columns of different size" in page
    assert centring.HIDDEN not in page
    # The due date is moved: what hidden tests said is not shown any more.
    due(timedelta(days=1))
    wait_until(lambda: "columns of different size" not in ben.page(), "the hidden tests are hidden", SECONDS)


def test_the_hourly_limit_holds(ada: Student, due: Callable) -> None:
    for _ in range(12):
        before = ada.page().count("submission/")
        ada.submit(made.RIGHT)
        wait_until(
            lambda before=before: ada.page().count("submission/") > before or "that is when" in ada.page(),
            "the submission is graded, or waits",
            SECONDS,
        )
        if "that is when" in ada.page():
            break
    assert re.search(r"It is graded after \d\d:\d\d:\d\d UTC", ada.page())
    assert "put off" in ada.page()
