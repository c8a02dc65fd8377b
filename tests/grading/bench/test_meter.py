"""CPU time of a command, its detached grandchildren included."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from course_lib.grading.bench.meter import Meter, machine_cpu

# The grandchild belongs to init, in a session of its own, and outlives the command; it computes and then sleeps.
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while time.process_time() < 0.5:
            pass
        with open(sys.argv[1], "w") as file:
            file.write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
"""


def start(meter: Meter, code: str, folder: Path, *arguments: str) -> None:
    command = [sys.executable, "-c", code, *arguments]
    # Not a pipe: the daemon would keep it open.
    process = meter.start(command, env=dict(os.environ), cwd=folder, output=subprocess.DEVNULL)
    assert process.wait() == 0


def test_counts_what_detaches_itself_and_ends_it(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    with Meter() as meter:
        start(meter, DAEMON, tmp_path, str(told))
        while not told.exists() or not told.read_text():
            time.sleep(0.02)
        assert meter.cpu() >= 0.5
        daemon = psutil.Process(int(told.read_text()))
        if not meter.exact:
            daemon.kill()
    assert not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE


def test_does_not_count_what_others_do(tmp_path: Path) -> None:
    with Meter() as meter:
        if not meter.exact:
            assert meter.group is None  # then the whole machine is counted, and the report says so
            return
        start(meter, "pass", tmp_path)
        before, end = meter.cpu(), time.process_time() + 0.3
        while time.process_time() < end:
            pass
        assert meter.cpu() == before


def test_without_a_group_the_machine_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.grading.bench.meter._new_group", lambda: None)
    with Meter() as meter:
        assert not meter.exact
        before = machine_cpu()
        start(meter, "import time\nwhile time.process_time() < 0.3: pass", tmp_path)
        assert meter.cpu() >= machine_cpu() - before - 0.1 >= 0.1


def test_leaves_no_group_behind(tmp_path: Path) -> None:
    with Meter() as meter:
        group = meter.group
        start(meter, "pass", tmp_path)
    assert group is None or not group.exists()
