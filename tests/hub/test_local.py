"""A real hub on this machine: who gets in, what it keeps, and that it ends with all that it started."""

from __future__ import annotations

import os
import re
import signal

import pytest
import requests

from course_lib.hub.exchange.client import Client
from course_lib.hub.place import COURSE
from tests.hub.centring import SLUG
from tests.hub.running import Hub, wait_until

HUB_ARGUMENTS = ("--no-grade-on-submit",)


def test_a_first_start_tells_the_passwords_and_where_to_go(hub: Hub):
    assert sorted(hub.passwords) == ["ada", "ben", "instructor"]
    assert len(set(hub.passwords.values())) == 3
    assert f"The hub is ready: {hub.url}\n" in hub.said
    assert re.search(r"servers see only their own home|every server of this demo runs as you", hub.said)


@pytest.mark.parametrize("name", ["instructor", "ada", "ben"])
def test_everybody_can_log_in(hub: Hub, name):
    person = hub.log_in(name)
    assert person.ask_hub("GET", "/user").json()["name"] == name


def test_there_is_a_course_with_people_and_a_released_assignment(hub: Hub):
    client = Client(hub.exchange, hub.service_token())
    assert client.courses() == [COURSE]
    assert client.instructors(COURSE) == ["instructor"]
    assert sorted(client.students(COURSE)) == ["ada", "ben"]
    assert client.assignments(COURSE) == {SLUG: [f"{SLUG}.ipynb"]}


def test_nothing_is_left_and_nothing_is_lost(hub: Hub):
    ada = hub.log_in("ada")
    ada.start_server()
    note = hub.place.home("ada") / "note.txt"
    os.close(os.open(note, os.O_CREAT | os.O_WRONLY, 0o600))
    token = ada.token()
    client = Client(hub.exchange, hub.service_token())
    client.withdraw(COURSE, SLUG)
    processes = hub.processes()
    assert len(processes) > 5
    assert hub.stop(signal.SIGINT) == 0
    assert [process for process in processes if process.is_running()] == []

    hub.start()
    assert "Accounts" not in hub.said
    assert not any(password in hub.said for password in hub.passwords.values())
    assert note.exists()
    user = requests.get(f"{hub.url}/hub/api/user", headers={"Authorization": f"token {token}"}, timeout=30)
    assert user.json()["name"] == "ada"
    hub.log_in("ben")
    assert sorted(client.students(COURSE)) == ["ada", "ben"]
    # What the instructor has withdrawn stays so.
    assert client.assignments(COURSE) == {}


def test_a_killed_starter_takes_everything_with_it(hub: Hub):
    hub.log_in("ada").start_server()
    processes = hub.processes()
    assert hub.process is not None
    hub.process.kill()
    hub.process.wait()
    wait_until(lambda: not any(process.is_running() for process in processes), "all processes have ended")
    hub.start()
    hub.log_in("ada")
