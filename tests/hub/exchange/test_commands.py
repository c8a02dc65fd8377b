"""nbgrader's commands over the exchange, in the class that each command makes."""

from __future__ import annotations

import logging
import os
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError, ExchangeFactory
from nbgrader.utils import parse_utc
from traitlets.config import Config

from course_lib.hub.exchange.client import ExchangeFailure
from tests.hub.exchange.conftest import COURSE
from tests.hub.exchange.service import token

NAMES = {
    "exchange": "Exchange",
    "list": "ExchangeList",
    "fetch_assignment": "ExchangeFetchAssignment",
    "submit": "ExchangeSubmit",
    "fetch_feedback": "ExchangeFetchFeedback",
    "release_assignment": "ExchangeReleaseAssignment",
    "collect": "ExchangeCollect",
    "release_feedback": "ExchangeReleaseFeedback",
}


class Desk:
    """A person's server: a home, and nbgrader with its configuration."""

    def __init__(self, service, monkeypatch, home: Path, name: str) -> None:
        self._monkeypatch, self.home, self.name, self._url = monkeypatch, home / name, name, service.url
        self.home.mkdir(parents=True, exist_ok=True)

    def __call__(self, what: str, assignment: str = "", student: str = "*", **traits):
        """What `nbgrader WHAT` does, with these options of its class."""
        self._monkeypatch.setenv("NGSHARE_URL", self._url)
        self._monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token(self.name))
        self._monkeypatch.setenv("JUPYTERHUB_USER", self.name)
        self._monkeypatch.setenv("JUPYTER_DATA_DIR", str(self.home / ".local"))
        self._monkeypatch.chdir(self.home)
        config = Config(
            {
                "ExchangeFactory": {key: f"course_lib.hub.exchange.{n}" for key, n in NAMES.items()},
                "CourseDirectory": {
                    "course_id": COURSE,
                    "root": str(self.home),
                    "assignment_id": assignment,
                    "student_id": student,
                },
            }
        )
        name = "".join(part.title() for part in what.split("_"))
        config[f"Exchange{name}"] = Config(traits)
        make = getattr(ExchangeFactory(config=config), name)
        place = CourseDirectory(config=config)
        return make(coursedir=place, authenticator=Authenticator(config=config), config=config).start()

    def write(self, path: str, text: str = "{}") -> Path:
        """A file in the home."""
        file = self.home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


@pytest.fixture
def desk(service, monkeypatch, tmp_path, caplog):
    """The server of a person, with a home that is empty at first."""
    caplog.set_level(logging.INFO)
    logging.getLogger("traitlets").propagate = True
    return lambda name: Desk(service, monkeypatch, tmp_path, name)


@pytest.fixture
def said(caplog):
    """What was logged since the last question."""

    def told() -> str:
        text = caplog.text
        caplog.clear()
        return text

    return told


@pytest.fixture
def ada(desk, of):
    """Ada, who has fetched `one`, which is as it was released first."""
    of("teacher").release(COURSE, "one", {"one.ipynb": b"{}", "data/x.csv": b"1"})
    ada = desk("ada")
    ada("fetch_assignment", "one")
    return ada


def test_what_a_student_has_is_not_overwritten(ada, said):
    notebook = ada.write("one/one.ipynb", "mine")
    (ada.home / "one" / "data" / "x.csv").unlink()
    with pytest.raises(ExchangeError, match="already have a copy"):
        ada("fetch_assignment", "one")
    ada("fetch_assignment", "one", replace_missing_files=True)
    assert notebook.read_text() == "mine"
    assert (ada.home / "one" / "data" / "x.csv").read_text() == "1"
    assert "Replacing missing file 'data/x.csv'" in said()


def test_a_submission_has_a_copy_and_the_time_of_the_service(ada, of):
    ada.write("one/one.ipynb", "mine")
    ada.write("one/timestamp.txt", "2020-01-01 00:00:00.0 UTC")
    ada("submit", "one")
    submission = of("ada").submissions(COURSE, "one", "ada")[-1]
    (listed,) = ada("list", "one", cached=True)
    assert {key: listed[key] for key in ("course_id", "student_id", "assignment_id", "status")} == {
        "course_id": COURSE,
        "student_id": "ada",
        "assignment_id": "one",
        "status": "submitted",
    }
    info = listed["submissions"][-1]
    assert parse_utc(info["timestamp"]) == submission.moment.replace(tzinfo=None)
    copy = Path(info["notebooks"][0]["path"])
    assert copy.read_text() == "mine"
    assert parse_utc((copy.parent / "timestamp.txt").read_text().strip()) == parse_utc(info["timestamp"])
    assert "timestamp.txt" not in submission.files


def test_nobody_submits_for_another(ada):
    with pytest.raises(ExchangeError, match="You are ada: nobody can submit for 'ben'"):
        ada("submit", "one", student="ben")


def test_missing_and_extra_notebooks_are_reported(ada, of, said):
    ada.write("one/other.ipynb")
    (ada.home / "one" / "one.ipynb").unlink()
    before = of("ada").submissions(COURSE, "one", "ada")
    with pytest.raises(
        ExchangeError, match=r"not submitted[\s\S]*one.ipynb: MISSING[\s\S]*other.ipynb: EXTRA"
    ):
        ada("submit", "one", strict=True)
    assert of("ada").submissions(COURSE, "one", "ada") == before
    said()
    ada("submit", "one")
    assert "one.ipynb: MISSING" in said()
    assert len(of("ada").submissions(COURSE, "one", "ada")) == len(before) + 1


def test_a_wrong_name_is_one_line_with_a_hint(ada):
    with pytest.raises(ExchangeError, match="did you mean 'one'"):
        ada("submit", "onne")
    with pytest.raises(ExchangeError, match="refused: Assignment not found"):
        ada("fetch_assignment", "onne")
    ada.write("mine/mine.ipynb")
    with pytest.raises(ExchangeError, match="'mine' is not released"):
        ada("submit", "mine")


def test_a_folder_that_is_too_large_is_one_line(ada):
    ada.write("one/one.ipynb", "x" * 7_000_000)
    with pytest.raises(ExchangeError, match=r"takes 8.0 MB: remove large files"):
        ada("submit", "one")


def test_a_list_says_what_is_released_and_what_is_fetched(ada, of):
    of("teacher").release(COURSE, "two", {"two.ipynb": b"{}"})
    listed = {info["assignment_id"]: info for info in ada("list")}
    assert listed["one"]["status"] == "fetched"
    assert listed["one"]["notebooks"] == [{"notebook_id": "one", "path": str(ada.home / "one" / "one.ipynb")}]
    assert listed["two"]["status"] == "released"
    assert [nb["notebook_id"] for nb in listed["two"]["notebooks"]] == ["two"]
    assert [info["assignment_id"] for info in ada("list", "two")] == ["two"]


def test_an_instructor_lists_everybody_and_a_student_themselves(ada, desk, of):
    ada("submit", "one")
    of("ben").submit(COURSE, "one", {"one.ipynb": b"{}"})
    assert {info["student_id"] for info in desk("teacher")("list", "one", inbound=True)} == {"ada", "ben"}
    assert {info["student_id"] for info in ada("list", "one", inbound=True)} == {"ada"}
    with pytest.raises(ExchangeError, match="Permission denied"):
        ada("list", "one", student="ben", inbound=True)
    with pytest.raises(ExchangeError, match="you are not in it"):
        desk("eve")("list")


def test_unrelease_takes_no_submission_with_it(ada, desk, of):
    ada("submit", "one")
    teacher = desk("teacher")
    for how in ("inbound", "cached"):
        with pytest.raises(ExchangeError, match="keeps what was submitted"):
            teacher("list", "one", remove=True, **{how: True})
    assert teacher("list", "one", remove=True)[0]["status"] == "removed"
    assert "one" not in of("ada").assignments(COURSE)
    assert of("ada").submissions(COURSE, "one", "ada")


def test_release_and_release_again(desk, of):
    teacher = desk("teacher")
    with pytest.raises(ExchangeError, match="nor is there"):
        teacher("release_assignment", "three")
    teacher.write("source/three/three.ipynb")
    with pytest.raises(ExchangeError, match="generate_assignment` first"):
        teacher("release_assignment", "three")
    teacher.write("release/three/three.ipynb")
    teacher("release_assignment", "three")
    moment = of("ada").submit(COURSE, "three", {"three.ipynb": b"mine"})
    teacher.write("release/three/three.ipynb", "better")
    with pytest.raises(ExchangeError, match="--force"):
        teacher("release_assignment", "three")
    teacher("release_assignment", "three", force=True)
    assert of("ben").assignment(COURSE, "three") == {"three.ipynb": b"better"}
    assert [one.moment for one in of("ada").submissions(COURSE, "three", "ada")] == [moment]
    student = desk("ada")
    student.write("release/four/four.ipynb")
    with pytest.raises(ExchangeError, match="Permission denied"):
        student("release_assignment", "four")


def test_collect_takes_the_newest_or_the_last_in_time(desk, of, said, monkeypatch):
    # nbgrader starts a command to make a gradebook.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    teacher = desk("teacher")
    of("teacher").release(COURSE, "five", {"five.ipynb": b"{}"})
    teacher("collect", "five")
    assert "No submissions of 'five'" in said()
    moments = [of("ada").submit(COURSE, "five", {"five.ipynb": text}) for text in (b"1", b"2")]
    folder = teacher.home / "submitted" / "ada" / "five"
    teacher("collect", "five")
    assert (folder / "five.ipynb").read_text() == "2"
    assert parse_utc((folder / "timestamp.txt").read_text().strip()) == moments[1].replace(tzinfo=None)
    moments.append(of("ada").submit(COURSE, "five", {"five.ipynb": b"3"}))
    teacher("collect", "five")
    assert "use --update" in said()
    assert (folder / "five.ipynb").read_text() == "2"
    teacher("collect", "five", update=True)
    assert (folder / "five.ipynb").read_text() == "3"
    with Gradebook(f"sqlite:///{teacher.home}/gradebook.db", COURSE) as gradebook:
        due = (moments[0] + timedelta(milliseconds=1)).replace(tzinfo=None)
        gradebook.update_or_create_assignment("five", duedate=due)
    teacher("collect", "five", before_duedate=True)
    assert (folder / "five.ipynb").read_text() == "1"
    assert [path.name for path in folder.parent.iterdir()] == ["five"]


def test_collect_writes_its_own_time_and_goes_on_when_one_submission_cannot_be(desk, of, said, monkeypatch):
    teacher = desk("teacher")
    of("teacher").release(COURSE, "six", {"six.ipynb": b"{}"})
    of("ada").submit(COURSE, "six", {"six.ipynb": b"{}", "timestamp.txt/x": b"2020-01-01"})
    moment = of("ben").submit(
        COURSE, "six", {"six.ipynb": b"{}", "timestamp.txt": b"2020-01-01 00:00:00.0 UTC"}
    )
    # In ada's place stands a file.
    teacher.write("submitted/ada", "")
    with pytest.raises(ExchangeError, match="1 of 2 submissions were not collected: ada"):
        teacher("collect", "six")
    stamp = teacher.home / "submitted" / "ben" / "six" / "timestamp.txt"
    assert parse_utc(stamp.read_text().strip()) == moment.replace(tzinfo=None)
    os.unlink(teacher.home / "submitted" / "ada")
    teacher("collect", "six")
    assert (teacher.home / "submitted" / "ada" / "six" / "timestamp.txt").is_file()


def test_feedback_goes_to_the_submission_that_was_graded(ada, desk, of, said):
    for text in ("first", "second"):
        ada.write("one/one.ipynb", text)
        ada("submit", "one")
    last = of("ada").submissions(COURSE, "one", "ada")[-1].moment
    teacher = desk("teacher")
    # The time as `course grade` writes it.
    teacher.write("feedback/ada/one/timestamp.txt", last.isoformat())
    teacher.write("feedback/ada/one/one.html", "<p>good")
    teacher.write("feedback/ben/one/one.html", "<p>no time")
    with pytest.raises(ExchangeError, match="1 of 2 were not released: ben"):
        teacher("release_feedback", "one", student="*")
    assert "collect and grade it again" in said()

    def latest():
        return ada("list", "one", cached=True)[0]["submissions"][-1]

    info = latest()
    assert (info["has_exchange_feedback"], info["has_local_feedback"]) == (True, False)
    assert info["local_feedback_path"] is None
    assert "feedback ready to be fetched" in said()
    ada("fetch_feedback", "one")
    info = latest()
    assert info["has_local_feedback"]
    assert not info["feedback_updated"]
    assert (Path(info["local_feedback_path"]) / "one.html").read_text() == "<p>good"
    assert "feedback already fetched" in said()
    teacher.write("feedback/ada/one/one.html", "<p>better")
    teacher("release_feedback", "one", student="ada")
    assert latest()["feedback_updated"]
    ada("fetch_feedback", "one")
    assert not latest()["feedback_updated"]
    with pytest.raises(ExchangeError, match="Permission denied"):
        desk("ben")("fetch_feedback", "one", student="ada")


def test_without_the_variables_of_a_server_there_is_one_line(desk, monkeypatch, service):
    ada = desk("ada")
    ada._url = ""
    with pytest.raises(ExchangeError, match="it needs NGSHARE_URL"):
        ada("list")


def test_a_students_class_is_no_longer_theirs_when_they_have_left(of, desk):
    of("course-setup").add_students(COURSE, ["eve"])
    assert desk("eve")("list") is not None
    of("teacher").remove_student(COURSE, "eve")
    with pytest.raises(ExchangeFailure, match="you are not in it"):
        of("eve").assignments(COURSE)
