"""What code in a student's server can reach: its own home, the system and Python read-only, and the hub's pages."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from course_lib.hub import confine
from tests.hub.running import Hub

HUB_ARGUMENTS = ("--no-grade-on-submit",)

LOOK = """
import json, os, pathlib, tempfile

def opens(path):
    try:
        if os.path.isdir(path):
            return bool(os.listdir(path))
        with open(path, "rb") as file:
            return bool(file.read(1))
    except OSError:
        return False

def writes(path):
    try:
        with open(path, "ab"):
            return True
    except OSError:
        return False

def environment(number):
    try:
        return pathlib.Path(f"/proc/{number}/environ").read_text(errors="replace")
    except OSError:
        return ""

asked = json.loads(ASKED)
numbers = [name for name in os.listdir("/proc") if name.isdigit()]
print(json.dumps({
    "opened": [path for path in asked["hidden"] if opens(path)],
    "written": [path for path in asked["fixed"] if writes(path)],
    "processes": sorted(pathlib.Path(f"/proc/{n}/cmdline").read_text().replace("\\0", " ") for n in numbers),
    "leaked": [word for word in asked["secrets"] for n in numbers if word in environment(n)],
    "others": [n for n in asked["numbers"] if os.path.exists(f"/proc/{n}")],
    "home": [os.getcwd(), os.path.expanduser("~"), writes("mine.txt"), sorted(os.listdir(".."))],
    "temporary": [writes(tempfile.gettempdir() + "/mine"), os.path.exists(asked["marker"])],
    "user": [os.getuid(), int(open("/proc/self/status").read().split("CapEff:")[1].split()[0], 16)],
    "terminal": os.ttyname(os.openpty()[1]).startswith("/dev/pts/"),
    "provisioner": os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"],
}))
"""


@pytest.fixture(scope="module")
def found(hub: Hub, tmp_path_factory: pytest.TempPathFactory):
    """What Ada's kernel has found, with Ben's server running beside hers."""
    assert confine.obstacle() == ""
    place = hub.place
    marker = tmp_path_factory.mktemp("marker") / "file"
    marker.touch()
    (place.home("ben")).mkdir(exist_ok=True)
    (place.home("ben") / "answer.txt").write_text("42")
    ben = hub.log_in("ben")
    ben.start_server()
    asked = {
        "hidden": [
            *map(str, (place.home("ben"), place.home("ben") / "answer.txt", place.course, place.accounts)),
            *map(str, (place.database, place.cookie_secret, place.root / "tokens.json", place.log)),
            *map(str, (place.ngshare / "ngshare.db", place.grading, place.run, hub.course / "solutions")),
            *("/etc/shadow", os.path.expanduser("~/.bashrc"), os.path.expanduser("~/.ssh")),
        ],
        "fixed": [
            confine.__file__,
            sys.executable,
            "/etc/passwd",
            "/usr/mine",
            "/proc/sys/kernel/core_pattern",
        ],
        "secrets": [*place.tokens().values(), "CONFIGPROXY_AUTH_TOKEN"],
        "numbers": [process.pid for process in hub.processes() if process.pid > 1000],
        "marker": str(marker),
    }
    ada = hub.log_in("ada")
    ada.start_server()
    return json.loads(ada.execute(f"ASKED = {json.dumps(json.dumps(asked))}\n{LOOK}"))


def test_a_server_opens_nothing_but_its_own(found):
    assert found["opened"] == []


def test_a_server_changes_nothing_but_its_own(found):
    assert found["written"] == []
    cwd, home, writes, beside = found["home"]
    assert cwd == home
    assert Path(home).parts[-2:] == ("home", "ada")
    assert writes
    assert beside == ["ada"]


def test_a_server_sees_its_own_processes_only(found):
    lines = " ".join(found["processes"])
    assert "jupyterhub.singleuser" in lines
    assert "configurable-http-proxy" not in lines
    assert "ngshare" not in lines
    assert lines.count("jupyterhub.singleuser") <= 2  # the first process has its starter's line
    assert found["leaked"] == []
    assert found["others"] == []


def test_a_server_has_no_rights_and_a_temporary_folder_and_terminals_of_its_own(found):
    number, capabilities = found["user"]
    assert number != 0
    assert capabilities == 0
    assert found["temporary"] == [True, False]
    assert found["terminal"]
    assert found["provisioner"] == "course-warm"


def test_a_server_ends_with_everything_in_it(hub: Hub, found):
    ada = hub.log_in("ada")
    ada.execute("import subprocess; subprocess.Popen(['sleep', '1234'], start_new_session=True)")

    def sleeping() -> list[psutil.Process]:
        return [process for process in hub.processes() if process.cmdline()[1:] == ["1234"]]

    assert len(sleeping()) == 1
    ada.stop_server()
    assert sleeping() == []


def test_a_program_ends_with_its_launcher(tmp_path):
    number = confine.OWN_NUMBERS if os.geteuid() == 0 else None
    confine.give(tmp_path, number)
    line = confine.command(tmp_path, ["sleep", "1235"], user="eve", number=number)
    launcher = psutil.Popen(line)
    try:
        while not (
            inside := [p for p in launcher.children(recursive=True) if p.cmdline() == ["sleep", "1235"]]
        ):
            assert launcher.is_running()
        launcher.send_signal(signal.SIGKILL)
        launcher.wait(20)
        _, alive = psutil.wait_procs(inside, timeout=20)
        assert alive == []
    finally:
        with suppress(psutil.NoSuchProcess):
            launcher.kill()


def test_a_machine_that_cannot_says_why(monkeypatch):
    failing = [sys.executable, "-c", "import sys; sys.exit('unshare: Operation not permitted')"]
    monkeypatch.setattr(confine, "command", lambda *_, **__: failing)
    assert confine.obstacle() == "unshare: Operation not permitted"
