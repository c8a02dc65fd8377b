"""The roster: the hub's groups say who may use the exchange."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from course_lib.hub import roster
from course_lib.hub.place import COURSE, INSTRUCTORS, STUDENTS
from course_lib.notebooks.errors import CourseError

GROUPS = {INSTRUCTORS: ["grace"], STUDENTS: ["ben", "ada"]}


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's interface as says who is in a group."""

    def do_GET(self) -> None:
        group = self.path.removeprefix("/hub/api/groups/")
        right = self.headers["Authorization"] == "token right"
        status = 403 if not right else 200 if group in GROUPS else 404
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({"name": group, "users": GROUPS.get(group, [])}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hub/api"
        server.shutdown()


class Exchange:
    """What the roster asks of a client, kept in memory."""

    def __init__(self, instructors: list[str], students: list[str]) -> None:
        self.people = {"instructors": set(instructors), "students": set(students)}
        self.courses: list[str] = []

    def add_course(self, course: str) -> None:
        self.courses.append(course)

    def instructors(self, course: str) -> list[str]:
        return sorted(self.people["instructors"])

    def students(self, course: str) -> list[str]:
        return sorted(self.people["students"])

    def add_instructor(self, course: str, name: str) -> None:
        self.people["instructors"].add(name)

    def add_students(self, course: str, names: list[str]) -> None:
        self.people["students"] |= set(names)

    def remove_student(self, course: str, name: str) -> None:
        self.people["students"].discard(name)


def test_the_hub_says_who_is_in_a_group(api):
    assert roster.members(api, "right", STUDENTS) == ["ada", "ben"]
    assert roster.members(api, "right", "a-group-nobody-is-in") == []


def test_a_hub_that_refuses_or_is_away_is_named(api):
    with pytest.raises(CourseError, match=f"does not say who is in {STUDENTS}: 403"):
        roster.members(api, "wrong", STUDENTS)
    with pytest.raises(CourseError, match="does not say who is in"):
        roster.members("http://127.0.0.1:9/hub/api", "right", STUDENTS)


def test_the_exchange_learns_who_came_and_who_left():
    exchange = Exchange([], ["cleo", "ada"])
    assert roster.update(exchange, ["grace"], ["ada", "ben", "grace"]) == [
        f"grace teaches {COURSE}",
        f"ben takes {COURSE}",
        f"cleo no longer takes {COURSE}",
    ]
    assert exchange.courses == [COURSE]
    assert exchange.people == {"instructors": {"grace"}, "students": {"ada", "ben"}}
    assert roster.update(exchange, ["grace"], ["ada", "ben"]) == []


def test_the_command_says_what_is_not_set(monkeypatch, capsys):
    for name in ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "NGSHARE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert roster.main() == 2
    assert capsys.readouterr().err == "roster: JUPYTERHUB_API_URL is not set\n"
