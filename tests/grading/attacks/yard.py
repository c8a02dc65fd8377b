"""A class with an attacker in it, and everything around that must stay as it was.

One submission goes the whole way: files in a folder, intake, both processes, gradebook, autograded notebook, feedback.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from course_lib.grading.engine.arranging import RebuiltCell
from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import COMPAT, STRICT, Result, Submission
from course_lib.grading.engine.reading import read_submissions
from course_lib.grading.engine.runner import Runner
from course_lib.grading.records.gradebook import Writer, rows
from course_lib.grading.records.recorder import ClassRecorder, Folders
from course_lib.kernels import client, wire
from course_lib.kernels.sandbox.usage import descendants
from tests.grading.attacks.corpus import Attack, Work
from tests.grading.attacks.task import BUNDLE, MARKER, NAME, RIGHT, WRONG

_ROOT = Path(__file__).resolve().parents[3]
_NEIGHBOUR = f"MARK_OF_A_NEIGHBOUR_{MARKER[-16:]}"
_CANARY = f"CANARY_{MARKER[-16:]}"
_START_UP = (
    *(".bashrc", ".profile", ".bash_profile", ".zshrc", ".pythonrc", ".ipython/profile_default/startup"),
    *(".config/matplotlib", ".local/lib", ".keras", ".jupyter"),
)
_QUIET = 5.0
"""Longest wait, in seconds, for processes that have been killed to be gone."""


@dataclass
class Outcome:
    """What became of one submission."""

    result: Result
    autograded: Path
    feedback: Path
    facts: dict[str, str]
    """As in `Yard`: what of its lines belongs to this machine."""

    @property
    def notebook(self) -> str:
        """The autograded notebook; empty where there is none."""
        return self.autograded.read_text("utf-8") if self.autograded.is_file() else ""

    @property
    def page(self) -> str:
        """The feedback page."""
        return self.feedback.read_text("utf-8")

    @property
    def shown(self) -> str:
        """Everything of it that students see: results without sources, and the feedback page."""
        told = [self.result.reason, *self.result.notes, self.page]
        for notebook in self.result.notebooks:
            told += [notebook.reason, *notebook.notes]
            told += [json.dumps([cell.message, cell.outputs]) for cell in notebook.cells]
        return "\n".join(told)

    @property
    def printed(self) -> str:
        """What the submission's code has written, in order."""
        return "".join(
            output["text"]
            for notebook in self.result.notebooks
            for cell in notebook.cells
            for output in cell.outputs
            if output["output_type"] == "stream"
        )


@dataclass
class Surroundings:
    """What attackers might change, as it is now."""

    files: dict[str, str]
    rows: list[dict[str, Any]]
    contacts: int
    processes: set[int]


@dataclass
class Yard:
    """The class at one level of confinement. `facts` are what attackers know of this machine."""

    folder: Path
    level: str
    facts: dict[str, str] = field(default_factory=dict)
    _count: int = 0
    _listeners: list[socket.socket] = field(default_factory=list)
    _neighbours: list[Runner] = field(default_factory=list)

    @property
    def db_url(self) -> str:
        """The gradebook's address."""
        return f"sqlite:///{self.folder}/out/gradebook.db"

    # Grading

    def grade(self, work: Work, student: str, answers: dict[str, str]) -> Outcome:
        """Hand in, read, grade and record one submission, and nobody else's."""
        folder = self.folder / "submitted" / student
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        work.hand_in(folder, student, answers, self.facts)
        (found,) = [*read_submissions(folder, NAME)]
        result = grade(BUNDLE, found, STRICT, self.level)
        return self._record(result, found)

    def _record(self, result: Result, submission: Submission) -> Outcome:
        out = self.folder / "out"
        folders = Folders(out / "autograded", out / "feedback")
        with Writer(self.db_url) as gradebook:
            ClassRecorder(BUNDLE, gradebook, self.db_url, folders).record(result, submission)
        autograded = folders.autograded / result.student / NAME / f"{NAME}.ipynb"
        page = folders.feedback / result.student / NAME / f"{NAME}.html"
        return Outcome(result, autograded, page, self.facts)

    def honest(self, student: str) -> Outcome:
        """Grade right answers."""
        return self.grade(Work(), student, RIGHT)

    def attack(self, attack: Attack) -> tuple[Outcome, Outcome, Outcome]:
        """Grade the attack, then its innocent twin, then somebody else: all three must find the same world.

        Raises AssertionError when anything is not as it was.
        """
        self._count += 1
        name = f"{attack.name}-{self._count}"
        if attack.before is not None:
            self.grade(attack.before, f"m-{name}", RIGHT)
        before = self.look()
        answers = RIGHT if attack.honest_work else WRONG
        hostile = self.grade(attack.hostile, f"m-{name}", answers)
        self.check(before, {hostile.result.student})
        self.check_secrets(hostile)
        twin = self.grade(attack.honest, f"h-{name}", RIGHT)
        other = self.honest(f"o-{name}")
        self.check(before, {outcome.result.student for outcome in (hostile, twin, other)})
        return hostile, twin, other

    # What must not change

    def look(self) -> Surroundings:
        """Take everything down."""
        return Surroundings(
            files=dict(self._files()),
            rows=rows(self.db_url, NAME),
            contacts=self._contacts(),
            processes=self._processes(),
        )

    def check(self, before: Surroundings, students: set[str]) -> None:
        """Raises AssertionError when anything but the rows of `students` has changed since."""
        deadline = time.monotonic() + _QUIET
        while (left := self._processes() - before.processes) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not left, f"processes are left: {[_command(pid) for pid in left]}"
        assert before.processes <= self._processes(), "a process of somebody else was ended"
        now = dict(self._files())
        changed = sorted(
            path for path in now.keys() | before.files.keys() if now.get(path) != before.files.get(path)
        )
        assert not changed, f"files have changed: {changed}"
        assert self._contacts() == before.contacts, "something outside was contacted"
        others = [row for row in rows(self.db_url, NAME) if row["student"] not in students]
        assert others == [row for row in before.rows if row["student"] not in students]
        for neighbour in self._neighbours:
            assert neighbour._student is not None
            answer = neighbour._student.ask(
                {"do": "cell", "source": "assert kept == 17", "index": 0}, seconds=5
            )
            assert answer["status"] == "ok", "a neighbour's process was harmed"

    def check_secrets(self, outcome: Outcome) -> None:
        """Raises AssertionError when hidden tests, or what belongs to somebody else, came out."""
        for secret in (MARKER, _NEIGHBOUR, _CANARY):
            assert secret not in outcome.shown, f"{secret.rpartition('_')[0]} came out"
            assert secret == MARKER or secret not in outcome.notebook

    def _files(self) -> Iterator[tuple[str, str]]:
        """Files that might be written, with their contents, and folders in which some might be made."""
        home = Path(self.facts["home"])
        packages = Path(next(path for path in sys.path if path.endswith("site-packages")))
        fixed = [self.folder / "world", self.folder / "submitted" / "neighbour", _ROOT / "pyproject.toml"]
        for path in [*fixed, *(home / name for name in _START_UP)]:
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    yield str(file), sha256(file.read_bytes()).hexdigest()
        for folder in (home, packages, Path("/dev/shm"), Path(tempfile.gettempdir()), _ROOT):
            # Others work here, too: attackers give what they make a name that shows.
            for entry in os.scandir(folder):
                if "attacker" in entry.name:
                    yield f"{folder}/{entry.name}", "there"

    def _contacts(self) -> int:
        """How often something came to a socket outside."""
        for listener in self._listeners:
            listener.setblocking(False)
            while True:
                try:
                    if listener.type == socket.SOCK_DGRAM:
                        listener.recv(100)
                    else:
                        listener.accept()[0].close()
                except BlockingIOError:
                    break
                self._heard += 1
        return self._heard

    _heard: int = 0

    def _processes(self) -> set[int]:
        """The warm servers' descendants, what carries the attackers' token, and the innocent one."""
        found = {pid for server in client.servers() for pid in descendants(server["pid"])}
        innocent = int(self.facts["process"])
        return found | set(_marked(self.facts["token"])) | ({innocent} if _command(innocent) else set())


def _marked(token: str) -> Iterator[int]:
    """Processes with `token` in their arguments or variables."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                texts = [Path(entry.path, name).read_bytes() for name in ("cmdline", "environ")]
            except OSError:  # it has ended, or is another user's
                continue
            if any(token.encode() in text for text in texts):
                yield int(entry.name)


def _command(pid: int) -> str:
    """What a process runs; empty when it is not there."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@contextmanager
def opened(level: str) -> Iterator[Yard]:
    """A class in which one submission is graded, one is being graded, and somebody works on the same machine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yard")))
        for name in ("submitted", "out", "world"):
            (folder / name).mkdir()
        yard = Yard(folder, level)
        innocent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        stack.callback(innocent.wait)
        stack.callback(innocent.kill)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(str(folder / "world" / "service"))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        abstract.bind(f"\0{folder.name}")
        for listener in (local, abstract):
            listener.listen()
        yard._listeners = [tcp, udp, local, abstract]
        canary = folder / "world" / "canary"
        canary.write_text(_CANARY)
        yard.facts = {
            "canary": str(canary),
            "gradebook": f"{folder}/out/gradebook.db",
            "neighbour": str(folder / "submitted" / "neighbour"),
            "solutions": str(_ROOT / "solutions"),
            "home": str(Path.home()),
            "warm": str(wire.folder()),
            "process": str(innocent.pid),
            "port": str(tcp.getsockname()[1]),
            "udp": str(udp.getsockname()[1]),
            "local": str(folder / "world" / "service"),
            "abstract": folder.name,
            "token": f"token-{folder.name}",
        }
        # Readable and writable for everybody: it is the sandbox that keeps attackers away.
        notes = {"data/notes.txt": _NEIGHBOUR.encode()}
        answers = {**RIGHT, "why": _NEIGHBOUR}
        yard.grade(Work(files=notes), "neighbour", answers)
        cells = [RebuiltCell("code", f"kept = 17\nmine = {_NEIGHBOUR!r}"), RebuiltCell("code", "kept")]
        runner = stack.enter_context(Runner(BUNDLE, cells, mode=COMPAT, level=level))
        next(runner.run())
        yard._neighbours.append(runner)
        yard.facts["warm_socket"] = str(next(wire.folder().glob("*.sock")))
        yard.facts["sandbox"] = str(runner._student.process.pid)  # type: ignore[union-attr]
        for path in [folder, *folder.rglob("*")]:
            os.chmod(path, 0o777 if path.is_dir() else 0o666)
        yield yard
