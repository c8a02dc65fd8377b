"""The exchange of a running hub: every address with several people's tokens, and commands as people type them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from tornado.web import RequestHandler

from course_lib.hub.exchange.client import Client, ExchangeFailure
from course_lib.hub.ngshare_handlers import ExchangeApplication, NotFound, ngshare
from course_lib.hub.place import COURSE
from tests.hub.centring import SLUG
from tests.hub.running import Hub, Person

ELSEWHERE = "elsewhere"
SOME_TIME = "timestamp=2026-01-01 00:00:00.000000"
# Method, address, and what is answered to a student of the course who asks for another's, or for her own.
CASES = [
    ("GET", "courses", 200),
    ("POST", "course/{course}", 403),
    ("DELETE", "course/{course}", 405),
    ("POST", "instructor/{course}/ada", 403),
    ("GET", "instructor/{course}/instructor", 200),
    ("DELETE", "instructor/{course}/instructor", 403),
    ("GET", "instructors/{course}", 200),
    ("POST", "student/{course}/ada", 403),
    ("GET", "student/{course}/ben", 403),
    ("GET", "student/{course}/ada", 200),
    ("DELETE", "student/{course}/ben", 403),
    ("DELETE", "student/{course}/ada", 403),
    ("POST", "students/{course}", 403),
    ("GET", "students/{course}", 403),
    ("GET", "assignments/{course}", 200),
    ("GET", "assignment/{course}/{slug}", 200),
    ("POST", "assignment/{course}/{slug}", 403),
    ("POST", "assignment/{course}/new", 403),
    ("PUT", "assignment/{course}/{slug}", 403),
    ("DELETE", "assignment/{course}/{slug}", 403),
    ("GET", "submissions/{course}", 403),
    ("GET", "submissions/{course}?student=ben", 403),
    ("GET", "submissions/{course}?student=ada&student=ben", 403),
    ("GET", "submissions/{course}?student=ada", 200),
    ("GET", "submissions/{course}/{slug}", 403),
    ("GET", "submissions/{course}/{slug}/ben", 403),
    ("GET", "submissions/{course}/{slug}/ada", 200),
    ("POST", "submission/{course}/{slug}", 200),
    ("POST", "submission/{course}/{slug}?user=ben&student_id=ben&timestamp=2020-01-01", 200),
    ("GET", "submission/{course}/{slug}/ben", 403),
    ("POST", "feedback/{course}/{slug}/ben", 403),
    ("POST", "feedback/{course}/{slug}/ada", 403),
    ("GET", "feedback/{course}/{slug}/ben?" + SOME_TIME, 403),
    ("GET", "feedback/{course}/{slug}/ada?" + SOME_TIME, 404),
    ("GET", "limits", 200),
]
SENT = {
    "files": json.dumps([{"path": f"{SLUG}.ipynb", "content": "e30="}]),
    "students": json.dumps([{"username": "ada", "first_name": "", "last_name": "", "email": ""}]),
    **dict.fromkeys(("first_name", "last_name", "email", "user", "student_id"), "x"),
    "timestamp": "2020-01-01 00:00:00.000000",
}


@pytest.fixture(scope="module")
def setup(hub: Hub) -> Client:
    """The client of the service account; besides the course there is one that nobody is in."""
    client = Client(hub.exchange, hub.service_token())
    client.add_course(ELSEWHERE)
    client.release(ELSEWHERE, SLUG, {"secret.ipynb": b"{}"})
    return client


@pytest.fixture(scope="module")
def ada(hub: Hub, setup: Client) -> Person:
    """A student. Ben has handed something in."""
    Client(hub.exchange, hub.log_in("ben").token()).submit(COURSE, SLUG, {f"{SLUG}.ipynb": b"ben's"})
    return hub.log_in("ada")


def ask(hub: Hub, method: str, path: str, course: str, token: str) -> requests.Response:
    """A raw request."""
    address = f"{hub.exchange}/{path.format(course=course, slug=SLUG)}"
    headers = {"Authorization": f"token {token}"} if token else {}
    sent = {key: (None, value) for key, value in SENT.items()} if method in ("POST", "PUT") else None
    return requests.request(method, address, headers=headers, files=sent, timeout=60, allow_redirects=False)


def state(setup: Client) -> list[object]:
    """All that Ada may not change."""
    return [
        [setup.students(course), setup.instructors(course), setup.assignments(course)]
        + [one for one in setup.submissions(course) if one.student != "ada"]
        for course in setup.courses()
    ]


def test_no_token_reaches_further_than_its_owner(hub: Hub, setup: Client, ada: Person) -> None:
    before, begun = state(setup), datetime.now(UTC) - timedelta(seconds=1)
    token = ada.token()
    for method, path, status in CASES:
        everybody = "{course}" not in path
        answer = ask(hub, method, path, COURSE, token)
        assert answer.status_code == status, (method, path, answer.text)
        if not (everybody and status == 200):
            there = ask(hub, method, path, ELSEWHERE, token)
            assert there.status_code in (403, 405), (method, path)
            # That there is such a course is not told either.
            assert ask(hub, method, path, "nowhere", token).text == there.text.replace(ELSEWHERE, "nowhere")
        for stranger in ("", "x" * 32, "ada"):
            assert ask(hub, method, path, COURSE, stranger).status_code == 403, (method, path)
    assert state(setup) == before
    mine = setup.submissions(COURSE, SLUG, "ada")
    assert len(mine) == 2
    assert all(begun <= one.moment <= datetime.now(UTC) for one in mine)
    assert setup.submission(COURSE, SLUG, "ben")[1][f"{SLUG}.ipynb"] == b"ben's"


def test_no_address_is_forgotten(monkeypatch, tmp_path) -> None:
    for name in ("API_URL", "API_TOKEN", "CLIENT_ID", "SERVICE_PREFIX"):
        monkeypatch.setenv(f"JUPYTERHUB_{name}", "/")
    limits = {"body": 1, "quota": 1}
    application = ExchangeApplication("/", f"sqlite:///{tmp_path}/x.db", tmp_path, [], None, limits)

    def walk(router) -> Iterator[tuple[str, str]]:
        for rule in router.rules:
            if hasattr(rule.target, "rules"):
                yield from walk(rule.target)
            elif rule.target not in (NotFound, ngshare.HealthCheckHandler):
                for method in RequestHandler.SUPPORTED_METHODS:
                    if getattr(rule.target, method.lower()) is not getattr(RequestHandler, method.lower()):
                        tried = ("/" + path.partition("?")[0] for how, path, _ in CASES if how == method)
                        if not any(rule.matcher.regex.match(path) for path in tried):
                            yield method, rule.matcher.regex.pattern

    assert list(walk(application.default_router)) == []


def test_the_hub_starts_the_service_again_and_nobody_notices(hub: Hub, setup: Client, ada: Person) -> None:
    (service,) = [
        process for process in hub.processes() if "course_lib.hub.ngshare_service" in process.cmdline()
    ]
    before = setup.submissions(COURSE)
    service.kill()
    moment = Client(hub.exchange, ada.token(), patience=120).submit(COURSE, SLUG, {f"{SLUG}.ipynb": b"{}"})
    after = setup.submissions(COURSE)
    assert after[:-1] == before
    assert (after[-1].student, after[-1].moment) == ("ada", moment)


def test_another_address_is_not_taken_for_the_exchange(hub: Hub) -> None:
    with pytest.raises(ExchangeFailure, match="is not the exchange: is NGSHARE_URL right"):
        Client(f"{hub.url}/hub/nowhere", "x").courses()


def typed(person: Person, *commands: str, folder: str = ".") -> str:
    """What commands print that a person types in a terminal of their server."""
    line = " && ".join(commands)
    code = f"""
import os, subprocess
home = os.path.join(os.path.expanduser("~"), {folder!r})
done = subprocess.run({line!r}, shell=True, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
print(done.stdout, done.returncode)
"""
    said, _, status = person.execute(code).strip().rpartition(" ")
    assert status == "0", said
    return said


def test_commands_as_people_type_them(hub: Hub, setup: Client, ada: Person) -> None:
    instructor = hub.log_in("instructor")
    for person in (ada, instructor):
        person.start_server()
    said = typed(
        ada, f"nbgrader fetch_assignment {SLUG}", f"nbgrader submit {SLUG}", "nbgrader list --inbound"
    )
    assert f"Fetched as: {COURSE} {SLUG}" in said
    assert f"{COURSE} ada {SLUG} " in said
    assert " ben " not in said
    last = setup.submissions(COURSE, SLUG, "ada")[-1].moment.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    assert f"Submitted as: {COURSE} {SLUG} {last}" in said
    said = typed(instructor, "nbgrader list --inbound", f"nbgrader collect {SLUG}", folder="course")
    assert f"{COURSE} ben {SLUG} " in said
    submitted = hub.place.course / "submitted" / "ada" / SLUG
    assert (submitted / "timestamp.txt").read_text().strip() == last
    feedback = hub.place.course / "feedback" / "ada" / SLUG
    typed(
        instructor,
        f"mkdir -p {feedback}",
        f"cp {submitted}/timestamp.txt {feedback}",
        f"echo good > {feedback}/{SLUG}.html",
        f"nbgrader release_feedback {SLUG}",
        folder="course",
    )
    typed(ada, f"nbgrader fetch_feedback {SLUG}", f"grep good {SLUG}/feedback/*/{SLUG}.html")
