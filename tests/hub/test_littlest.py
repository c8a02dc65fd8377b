"""The configuration for The Littlest JupyterHub, read as the hub reads it."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.app import JupyterHub
from traitlets.config import Config

from course_lib.hub.place import EXCHANGE, GRADER, GRADING, INSTRUCTORS, SETUP, STUDENTS

FOLDER = Path(__file__).resolve().parents[2] / "hub" / "littlest"
SOURCE = (FOLDER / "jupyterhub_config.d" / "course.py").read_text(encoding="utf-8")


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[], Config]:
    """Reads the configuration, with the two lists of people in a temporary folder."""
    (tmp_path / "instructors.txt").write_text("grace\n", encoding="utf-8")
    (tmp_path / "students.txt").write_text("# the class of 2026\nada\n\n  ben  # late\n", encoding="utf-8")

    def read() -> Config:
        c = Config()
        c.JupyterHub.services = [{"name": "cull-idle"}]  # TLJH's own
        text = SOURCE.replace('"/opt/tljh/config/course"', repr(str(tmp_path)))
        assert str(tmp_path) in text
        exec(compile(text, "course.py", "exec"), {"get_config": lambda: c})
        return c

    return read


def services(c: Config) -> dict[str, dict[str, Any]]:
    return {service["name"]: service for service in c.JupyterHub.services}


def test_people_come_from_the_two_lists(configured):
    c = configured()
    assert c.Authenticator.allowed_users == {"grace", "ada", "ben"}
    assert c.JupyterHub.load_groups == {
        INSTRUCTORS: {"users": ["grace"]},
        STUDENTS: {"users": ["ada", "ben"]},
    }
    assert c.UserCreatingSpawner.user_groups == {"course": ["grace"]}


def test_services_are_programs_of_the_course_and_stay_on_the_machine(configured):
    found = services(configured())
    assert set(found) == {"cull-idle", EXCHANGE, SETUP, GRADER, GRADING}
    for name in (EXCHANGE, SETUP, GRADING):
        assert found[name]["user"] == "course"
        (module,) = re.findall(r"course_lib\.hub[\w.]+", " ".join(found[name]["command"]))
        assert importlib.util.find_spec(module) is not None
    for name in (EXCHANGE, GRADING):
        assert found[name]["url"].startswith("http://127.0.0.1:")
    assert found[EXCHANGE]["command"][-1] == f"{SETUP},{GRADER}"


def test_every_start_has_new_tokens_and_none_is_written_down(configured):
    first, second = services(configured()), services(configured())
    for name in (SETUP, GRADER):
        assert first[name]["api_token"] != second[name]["api_token"]
        assert len(first[name]["api_token"]) == 64
    assert first[GRADING]["environment"]["NGSHARE_TOKEN"] == first[GRADER]["api_token"]
    # Tokens are in no command line, which every user of the machine can read.
    for service in first.values():
        assert first[GRADER]["api_token"] not in json.dumps(service.get("command", ""))


def test_the_hub_takes_the_configuration(configured):
    hub = JupyterHub(config=configured())
    assert {role["name"] for role in hub.load_roles} == {"user", SETUP}


@pytest.mark.parametrize(("name", "role"), [("grace", "instructor"), ("ada", "student")])
def test_servers_get_the_settings_of_their_role(configured, name, role):
    spawner = SimpleNamespace(user=SimpleNamespace(name=name), environment={"KEPT": "1"})
    configured().Spawner.pre_spawn_hook(spawner)
    assert spawner.environment["KEPT"] == "1"
    assert spawner.environment["JUPYTER_CONFIG_PATH"].split(":")[0].endswith(f"/{role}")
    for part in spawner.environment["JUPYTER_CONFIG_PATH"].split(":"):
        assert (FOLDER.parent / "local" / Path(part).name).is_dir()
    assert spawner.environment["NGSHARE_URL"].startswith("http://127.0.0.1:")
