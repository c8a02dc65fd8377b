"""Runs `course grade` in processes that can be killed, and kills what belongs to them."""

from __future__ import annotations

import difflib
import multiprocessing
import os
import pprint
import random
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from course_lib.cli import main
from course_lib.grading.engine.journal import Journal
from course_lib.grading.records.gradebook import rows
from course_lib.kernels import client
from tests.grading import classroom

# A fork of a process that has imported it all: fifty starts would take minutes otherwise.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["course_lib.grading.grading_cli"])

_DISK_BYTES = 1500
"""What a coordinator may write to one file when its disk is full."""


@dataclass
class Run:
    """One `course grade`; `log` gets what it prints."""

    process: multiprocessing.process.BaseProcess
    log: Path

    @property
    def pid(self) -> int:
        """Of the coordinator."""
        assert self.process.pid is not None
        return self.process.pid

    def running(self) -> bool:
        """Whether the coordinator is there."""
        return self.process.exitcode is None

    def workers(self) -> list[psutil.Process]:
        """Its worker processes."""
        with suppress(psutil.NoSuchProcess):
            return [p for p in psutil.Process(self.pid).children() if "spawn_main" in " ".join(_line(p))]
        return []

    def wait(self) -> int:
        """Its exit status."""
        self.process.join(120)
        assert self.process.exitcode is not None, "the class is not finished after two minutes"
        return self.process.exitcode


def _line(process: psutil.Process) -> list[str]:
    with suppress(psutil.Error):
        return process.cmdline()
    return []


def start(arguments: list[str], log: Path, environment: dict[str, str]) -> Run:
    """Begin to grade."""
    process = _context.Process(target=_grade, args=(arguments, str(log), environment))
    process.start()
    return Run(process, log)


def _grade(arguments: list[str], log: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.exit(main(["grade", classroom.NAME, *arguments]))


def sandboxes() -> list[psutil.Process]:
    """The processes that run cells or tests now, the oldest first."""
    found = []
    for server in client.servers():
        for keeper in server["kernels"]:
            with suppress(psutil.NoSuchProcess):
                found += psutil.Process(keeper).children()
    return sorted(found, key=lambda process: process.create_time())


Fault = Callable[[Run, random.Random], str]
"""Does harm; returns what it hit, nothing if there was nothing to hit."""


def kill_coordinator(run: Run, chance: random.Random) -> str:
    """The command itself."""
    os.kill(run.pid, signal.SIGKILL)
    return "the coordinator"


def kill_worker(run: Run, chance: random.Random) -> str:
    """A process of the pool."""
    return _kill(chance, run.workers(), "a worker")


def kill_student(run: Run, chance: random.Random) -> str:
    """The process that runs the student's cells: with one worker, the first of two sandboxes."""
    return _kill(chance, sandboxes()[:1], "a student's kernel")


def kill_judge(run: Run, chance: random.Random) -> str:
    """The process that runs the tests."""
    return _kill(chance, sandboxes()[1:2], "a judge")


def kill_server(run: Run, chance: random.Random) -> str:
    """The warm server, and with it every sandbox."""
    return _kill(chance, [psutil.Process(server["pid"]) for server in client.servers()], "the warm server")


def fill_disk(run: Run, chance: random.Random) -> str:
    """No file of the coordinator may grow any more."""
    _, hard = resource.prlimit(run.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (_DISK_BYTES, hard))
    return "the disk"


def _kill(chance: random.Random, there: list[psutil.Process], what: str) -> str:
    if not there:
        return ""
    with suppress(psutil.NoSuchProcess):
        chance.choice(there).kill()
        return what
    return ""


def snapshot(out: Path, db_url: str) -> dict[str, object]:
    """Everything that lasts of a graded class: the gradebook's rows, and every file that people see."""
    lasting: dict[str, object] = {
        str(path.relative_to(out)): path.read_text(encoding="utf-8")
        for folder in ("autograded", "feedback")
        for path in (out / folder).rglob("*")
        if path.is_file()
    }
    for row in rows(db_url, classroom.NAME):
        lasting.setdefault(f"rows of {row['student']}", []).append(row)  # type: ignore[attr-defined]
    return lasting


def differences(found: dict[str, object], wanted: dict[str, object]) -> list[str]:
    """Where two snapshots differ, one passage each."""
    told = []
    for name in sorted(found.keys() | wanted.keys()):
        one, other = (pprint.pformat(side.get(name)).splitlines() for side in (found, wanted))
        told += [f"{name}: {line}" for line in difflib.unified_diff(other, one, lineterm="", n=0)]
    return told


def gradings(out: Path) -> dict[str, str]:
    """When each kept result was made, as the journal's files say, by student."""
    return {
        path.stem: path.read_text(encoding="utf-8").partition('"stamp": "')[2][:32]
        for path in Journal(out, classroom.NAME).folder.glob("*.json")
    }


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
