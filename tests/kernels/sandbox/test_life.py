"""A sandbox starts or says why not; when it ends, by whatever cause, nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from course_lib.kernels import client
from course_lib.kernels.sandbox import LANDLOCK, NAMESPACES, NONE, Confinement, start
from course_lib.kernels.sandbox.usage import descendants
from tests.kernels.processes import is_running, wait_until
from tests.kernels.sandbox.inside import LIMITS, Inside

DAEMONS = """
import os, signal, subprocess, sys
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            while True: signal.pause()
        os._exit(0)
    os.wait()
subprocess.Popen(["sleep", "600"], start_new_session=True)
"""


def with_daemons(sandbox, level: str) -> tuple[Inside, list[int]]:
    """A sandbox and its processes' numbers: itself, daemons that have left its session, a program."""
    inside = sandbox(level)
    inside.run(DAEMONS)
    members = descendants(inside.process.pid)
    assert len(members) >= 4
    return inside, [inside.process.pid, *members]


def none_runs(pids: list[int]) -> bool:
    return not any(map(is_running, pids))


def test_killing_ends_everything_inside(sandbox, level) -> None:
    inside, members = with_daemons(sandbox, level)
    inside.process.kill()
    assert inside.process.wait(30) == -signal.SIGKILL
    assert none_runs(members)


def test_the_end_of_the_entry_ends_everything_inside(sandbox, level) -> None:
    inside, members = with_daemons(sandbox, level)
    inside.connection.close()
    assert inside.process.wait(30) == 0
    assert none_runs(members)


def test_a_killed_keeper_takes_everything_along(sandbox, level) -> None:
    inside, members = with_daemons(sandbox, level)
    os.kill(inside.process.pid, signal.SIGKILL)
    inside.process.wait(30)
    wait_until(lambda: none_runs(members))


def test_a_killed_server_takes_everything_along(sandbox) -> None:
    _, members = with_daemons(sandbox, NAMESPACES)
    for server in client.servers():
        os.kill(server["pid"], signal.SIGKILL)
    wait_until(lambda: none_runs(members))


START_ONE = """
import sys, time
from tests.kernels.sandbox.inside import Inside
inside = Inside(sys.argv[1])
print(inside.process.pid, flush=True)
time.sleep(600)
"""


def test_a_killed_client_takes_everything_along(level) -> None:
    process = subprocess.Popen([sys.executable, "-c", START_ONE, level], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    keeper = int(process.stdout.readline())
    members = [keeper, *descendants(keeper)]
    assert len(members) >= 2
    process.kill()
    process.communicate()
    wait_until(lambda: none_runs(members))


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("import os; os._exit(7)", 7),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
        ("import os; os.abort()", -signal.SIGABRT),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
)
def test_the_end_of_the_entry_is_reported(sandbox, level, source, status) -> None:
    inside = sandbox(level)
    inside.send(source)
    assert inside.process.wait(30) == status


def test_the_cost_of_an_ended_sandbox_is_known(sandbox, level) -> None:
    inside = sandbox(level)
    inside.run("""
import os, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
if (pid := os.fork()) == 0:
    burn(0.3)
    os._exit(0)
os.waitpid(pid, 0)
burn(0.3)
""")
    inside.kill()
    assert 0.6 <= inside.process.cpu < 2


def test_sandboxes_of_one_preload_share_a_server(sandbox) -> None:
    same = [sandbox(), sandbox(), sandbox(LIMITS and NONE)]
    (server,) = [entry for entry in client.servers() if same[0].process.pid in entry["kernels"]]
    assert {one.process.pid for one in same} <= set(server["kernels"])
    other = sandbox(preload=("numpy", "json"))
    assert other.process.pid not in server["kernels"]


def test_what_is_preloaded_is_there(sandbox) -> None:
    loaded = (
        "import sys; result = ['numpy' in sys.modules, 'torch' in sys.modules, 'tensorflow' in sys.modules]"
    )
    assert sandbox().run(loaded) == [True, False, False]


def test_variables_reach_the_sandbox_and_the_callers_do_not(sandbox, monkeypatch) -> None:
    monkeypatch.setenv("INSTRUCTORS_SECRET", "1")
    found = sandbox(environment={"WANTED": "yes"}).run("import os; result = dict(os.environ)")
    assert found["WANTED"] == "yes"
    assert "INSTRUCTORS_SECRET" not in found
    assert not [name for name in found if name.startswith("COURSE_")]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("os:system", "an entry is a function of course_lib"),
        ("course_lib.kernels.sandbox.probe:missing", "missing"),
        ("course_lib.kernels.sandbox.nowhere:main", "nowhere"),
    ],
)
def test_an_entry_that_cannot_be_called_is_reported(entry, reason) -> None:
    with pytest.raises(client.Unavailable, match=reason) as caught:
        start(entry, {}, [], Confinement(**LIMITS), preload=("numpy",))
    assert "\n" not in str(caught.value)


def test_what_cannot_be_shown_is_reported(tmp_path) -> None:
    with pytest.raises(ValueError, match="unknown level"):
        Confinement(**LIMITS, level="good")
    with pytest.raises(ValueError, match="files_mb must be at least 1"):
        Confinement(**{**LIMITS, "files_mb": 0})


def test_folders_can_be_shown(sandbox, level, tmp_path) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)
    inside = sandbox(level, read_only=(str(tmp_path),))
    assert inside.run(f"result = open({str(tmp_path / 'data.csv')!r}).read()") == "1,2"
    assert inside.error(f"open({str(tmp_path / 'data.csv')!r}, 'a')") in ("OSError", "PermissionError")


def test_a_private_folder_is_removed(sandbox, level, monkeypatch, tmp_path) -> None:
    if level != LANDLOCK:
        inside = sandbox(level)
        inside.run("open('kept', 'w').write('1')")
        inside.kill()
        assert "kept" not in sandbox(level).run("import os; result = os.listdir('.')")
        return
    inside = sandbox(level)
    folder = Path(inside.run("import os; open('kept', 'w').write('1'); result = os.getcwd()")).parent
    assert folder.parent == Path(tempfile.gettempdir())
    assert folder.exists()
    os.kill(inside.process.pid, signal.SIGKILL)  # not even the keeper can tidy up
    inside.process.wait(30)
    wait_until(lambda: not folder.exists())
