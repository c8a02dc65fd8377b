"""The service itself: limits, repeated requests, releases that take nothing with them."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import requests

from course_lib.hub.exchange.client import SECRET, Client, ExchangeFailure
from tests.hub.exchange.conftest import COURSE
from tests.hub.exchange.service import token

ONE = {"one.ipynb": b"{}"}


@pytest.fixture(scope="module", autouse=True)
def released(of):
    """The assignment `one`, and a first submission to it."""
    of("teacher").release(COURSE, "one", {"one.ipynb": b"{}", "data/x.csv": b"1,2"})
    of("ada").submit(COURSE, "one", {"one.ipynb": b"first"})


def post(service, name, path, method="POST", **fields):
    """A raw request, and its answer."""
    files = {key: (None, value) for key, value in fields.items()}
    headers = {"Authorization": f"token {token(name)}"}
    return requests.request(method, f"{service.url}/{path}", files=files, headers=headers, timeout=60)


def entry(path, content="e30="):
    """A file as the service takes it."""
    return {"path": path, "content": content}


def test_the_time_is_that_of_the_service(service, of):
    before = datetime.now(UTC)
    answer = post(
        service,
        "ada",
        f"submission/{COURSE}/one?timestamp=2020-01-01",
        files=json.dumps([entry("one.ipynb"), entry("timestamp.txt", "MjAyMC0wMS0wMQ==")]),
        timestamp="2020-01-01 00:00:00.000000",
        user="ben",
        student_id="ben",
    )
    said = datetime.fromisoformat(answer.json()["timestamp"]).replace(tzinfo=UTC)
    assert before <= said <= datetime.now(UTC)
    assert of("ada").submissions(COURSE, "one", "ada")[-1].moment == said
    assert not of("ben").submissions(COURSE, "one", "ben")


def test_a_repeated_request_makes_one_submission(service, of):
    files = json.dumps([entry("one.ipynb"), entry(SECRET, "c2VjcmV0")])
    before = len(of("ada").submissions(COURSE, "one", "ada"))
    first, again = (post(service, "ada", f"submission/{COURSE}/one", files=files).json() for _ in range(2))
    assert first == again
    assert len(of("ada").submissions(COURSE, "one", "ada")) == before + 1
    # Whoever uses the same word is another person, with a submission of their own.
    assert post(service, "ben", f"submission/{COURSE}/one", files=files).json() != first


def test_a_release_is_replaced_and_taken_back_without_losing_submissions(service, of):
    teacher, ada = of("teacher"), of("ada")
    teacher.release(COURSE, "two", ONE)
    moment = ada.submit(COURSE, "two", {"two.ipynb": b"mine"})
    teacher.release(COURSE, "two", {"two.ipynb": b"new", "extra.csv": b""})
    assert ada.assignment(COURSE, "two") == {"two.ipynb": b"new", "extra.csv": b""}
    teacher.withdraw(COURSE, "two")
    assert "two" not in ada.assignments(COURSE)
    for call in (lambda: ada.assignment(COURSE, "two"), lambda: ada.submit(COURSE, "two", ONE)):
        with pytest.raises(ExchangeFailure, match="not released"):
            call()
    assert teacher.submission(COURSE, "two", "ada")[1]["two.ipynb"] == b"mine"
    teacher.release(COURSE, "two", ONE)
    assert [one.moment for one in ada.submissions(COURSE, "two", "ada")] == [moment]
    # Files of old releases do not stay on the disk.
    kept = {path.read_bytes() for path in (service.folder / "files").iterdir()}
    assert b"mine" in kept
    assert b"new" not in kept


def test_the_submissions_of_a_course_are_one_request(of):
    teacher = of("teacher")
    everything = teacher.submissions(COURSE)
    assert everything == sorted(everything, key=lambda one: one.moment)
    assert {one.assignment for one in everything} >= {"one"}
    assert everything[0].files.keys() == {"one.ipynb", SECRET}
    assert teacher.submissions(COURSE, since=everything[0].moment) == everything[1:]
    assert teacher.submissions(COURSE, student="ada", assignment="one")[0] == everything[0]


def test_feedback_is_given_to_one_submission_and_replaced(of):
    teacher, ada = of("teacher"), of("ada")
    moment = ada.submissions(COURSE, "one", "ada")[0].moment
    for page in (b"<p>one", b"<p>two"):
        teacher.release_feedback(COURSE, "one", "ada", moment, {"one.html": page})
        assert ada.feedback(COURSE, "one", "ada", moment) == {"one.html": page}
    with pytest.raises(ExchangeFailure, match="Submission not found"):
        teacher.release_feedback(COURSE, "one", "ada", moment + timedelta(seconds=1), {"one.html": b""})
    assert [bool(one.feedback) for one in ada.submissions(COURSE, "one", "ada")][:2] == [True, False]


@pytest.mark.parametrize(
    "files",
    [
        *("", "1", "null", "{}", "[1]", "[{}]", "[" * 100_000),
        *(json.dumps([entry(path)]) for path in ("../x", "/x", "a/../b", "a\0", "")),
        json.dumps([{"path": "a", "content": 1}]),
        json.dumps([{"path": "a", "content": "e"}]),
        json.dumps([entry("a"), entry("a")]),
        json.dumps([entry("a"), entry("a/b")]),
        json.dumps([entry(f"f{n}") for n in range(501)]),
        "[]",
    ],
    ids=lambda text: text[:30],
)
def test_hostile_files_are_refused(service, of, files):
    before = len(of("ada").submissions(COURSE, "one", "ada"))
    answer = post(service, "ada", f"submission/{COURSE}/one", files=files)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["message"]
    assert len(of("ada").submissions(COURSE, "one", "ada")) == before


def test_a_large_request_is_refused_before_it_is_sent_and_when_it_is_sent(service, of):
    files = {"one.ipynb": b"x" * 7_000_000}
    with pytest.raises(ExchangeFailure, match=r"9\.3 MB .* takes 8\.0 MB: remove large files") as told:
        of("ada").submit(COURSE, "one", files)
    assert told.value.status == 413
    answer = post(service, "ada", f"submission/{COURSE}/one", files="x" * 9_000_000)
    assert answer.status_code == 413
    assert "8.0 MB" in answer.json()["message"]
    lots = (b"x" * 1_000_000 for _ in range(3))  # without a length
    headers = {"Authorization": f"token {token('ada')}"}
    answer = requests.post(f"{service.url}/submission/{COURSE}/one", data=lots, headers=headers, timeout=60)
    assert answer.status_code == 411


def test_who_is_unknown_sends_nothing(service):
    answer = requests.post(f"{service.url}/submission/{COURSE}/one", data=b"x" * 1000, timeout=60)
    assert answer.status_code == 403


def test_many_large_requests_at_once_fill_no_memory_and_hold_nobody_up(service, of):
    process = psutil.Process(service.process.pid)
    before, answers, peak = process.memory_info().rss, [], 0

    def send(name):
        answers.append((name, post(service, name, f"submission/{COURSE}/one", files="x" * 7_500_000)))

    senders = [threading.Thread(target=send, args=(name,)) for name in ("eve", "stranger") * 12]
    for sender in senders:
        sender.start()
    assert of("ada").submit(COURSE, "one", ONE)
    while any(sender.is_alive() for sender in senders):
        peak = max(peak, process.memory_info().rss)
        time.sleep(0.02)
    assert {answer.status_code for name, answer in answers if name == "stranger"} == {403}
    assert {answer.status_code for name, answer in answers if name == "eve"} <= {403, 503}
    assert peak - before < 70_000_000  # 180 MB were sent


def test_there_is_a_quota(of):
    ben = of("ben")
    for _ in range(3):
        ben.submit(COURSE, "one", {"one.ipynb": b"x" * 5_000_000})
    with pytest.raises(ExchangeFailure, match=r"of the 20\.0 MB that you may use: hand in less"):
        ben.submit(COURSE, "one", {"one.ipynb": b"x" * 5_000_000})
    assert of("ada").submit(COURSE, "one", ONE)


def test_a_course_is_not_deleted(service, of):
    answer = post(service, "course-setup", f"course/{COURSE}", method="DELETE")
    assert answer.status_code == 405
    assert of("ada").submissions(COURSE, "one", "ada")


def test_a_person_with_the_name_of_an_administrator_is_none(of):
    with pytest.raises(ExchangeFailure, match="this name is that of a service"):
        of("impostor").courses()


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_change_the_address_is_refused(of, name):
    with pytest.raises(ExchangeFailure, match="is not a name"):
        of("ada").assignments(name)


def test_an_exchange_that_does_not_answer_is_one_line():
    with pytest.raises(
        ExchangeFailure, match=r"does not answer \(Connection refused\); nothing was changed"
    ) as e:
        Client("http://127.0.0.1:1/services/ngshare", "x", patience=0.5).courses()
    assert "\n" not in str(e.value)
