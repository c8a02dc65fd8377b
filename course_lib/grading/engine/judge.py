"""The judge's process: runs an assignment's tests, and never a line of the student.

`main` is called in a sandbox of its own, forked from a process that has only imported. It takes one request
after the other from the control socket and answers each with one message that carries the request's `id`:

* ``{"do": "connect"}`` with one socket: the student's process listens at its other end;
* ``{"do": "cell", "source": ..., "defines": ..., "classes": ..., "forbidden": ..., "graded": ...}``: run a
  cell of the author.

What a test says about a failure is the message of its assertion or the text of the exception, never its source.
"""

from __future__ import annotations

import ast
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

from course_lib.grading import restrict
from course_lib.grading.engine import remote, seeding
from course_lib.grading.engine.capture import OutStream, Recorder
from course_lib.grading.engine.magics import Magics
from course_lib.grading.engine.names import Names
from course_lib.grading.engine.outputs import TEXT, plain
from course_lib.grading.engine.remote import RemoteError, Student, StudentGone
from course_lib.grading.engine.student import DEFAULT_SEED, place, seed
from course_lib.grading.engine.syntax import as_python
from course_lib.kernels import wire

BARE_ASSERT = "a check of this test did not hold"
CHANGED_ARGUMENTS = (
    "your code changes its arguments in place, and its answer is right only for the changed ones"
)
_FILE = "<test>"
_MOST_TEXT = 4000


def main(payload: dict[str, Any], sockets: list[socket.socket]) -> None:
    """Serve the control socket, the only one in `sockets`, until it closes.

    payload: `files` (the author's, content in base64 by relative path, written to the working directory),
    `output_bytes` (text kept per cell) and `seed`.
    """
    (control,) = sockets
    place(payload.get("files", {}), Path.cwd())
    seed(payload.get("seed", DEFAULT_SEED))
    Judge(payload["output_bytes"]).serve(control)


class Judge:
    """Names, outputs and the connection to the student's process. `output_bytes` is the text kept per cell."""

    def __init__(self, output_bytes: int) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.recorder = Recorder(output_bytes)
        sys.stdout, sys.stderr = OutStream(self.recorder, 1), OutStream(self.recorder, 2)
        self.streams = sys.stdout, sys.stderr
        self.names = Names()
        shell = Magics(self.names, self.run_source)
        self.names["get_ipython"] = lambda: shell
        self.names["display"] = self.display
        self.names["issubclass"] = remote.is_subclass
        self.student: Student | None = None
        self._testing = False

    def serve(self, control: socket.socket) -> None:
        """Answer requests until the control socket closes."""
        while True:
            try:
                request, files = wire.receive(control)
            except (EOFError, OSError):
                return
            if request["do"] == "connect":
                self.connect(socket.socket(fileno=files[0]))
                reply: dict[str, Any] = {"status": "ok"}
            else:
                reply = self.cell(
                    request["source"],
                    defines=request.get("defines", ()),
                    classes=request.get("classes", ()),
                    forbidden=request.get("forbidden", ()),
                    graded=request.get("graded", True),
                    guard=request.get("guard", True),
                )
            wire.send(control, {"id": request.get("id"), **reply})

    def connect(self, connection: socket.socket) -> None:
        """From now on the student's names are those of the process at the other end of `connection`."""
        if self.student is not None:
            self.student.leave()
        self.student = Student(connection)
        self.student.own_stdout = self.streams[0]
        self.names.connect(self.student)
        restrict.act_in(self.student)

    def cell(
        self,
        source: str,
        *,
        defines: Any = (),
        classes: Any = (),
        forbidden: Any = (),
        graded: bool = True,
        guard: bool = False,
    ) -> dict[str, Any]:
        """Run one cell of the author.

        defines: names that solution cells before it define, they are the student's. classes: those of them
        that are classes; a test may compute with their instances. forbidden: dotted names that the student's
        code cannot use meanwhile. graded: whether it is a test; otherwise it is a set-up
        cell, which the student's process has run as well. guard: whether a test that passed, and whose
        arguments the student's code has changed in place, must pass once more with arguments that nobody can
        change; otherwise the student's code could change what a test compares its answer with. Calls that
        return None are left out: they are there for what they change.

        Returns `status` ("ok" or "error"), `ename`, `evalue`, `traceback` (lines), `outputs` (of nbformat),
        `seconds` of wall clock, `cpu` seconds of the test, `student_cpu` of the student's code that it called,
        and `changed`: whether a call of the student's code changed arguments in place and returned something.
        """
        started, used = time.monotonic(), _cpu()
        student = self.student
        if student is not None:
            student.computing = frozenset(classes)
        self.names.give(defines)
        self.names.start_cell(graded)
        seeding.watch(self._seeded)
        self._testing = graded
        error = self._attempt(source, forbidden)
        changed = student is not None and student.changed_arguments
        spent = student.cpu if student is not None else 0.0
        if guard and graded and changed and error is None and student is not None:
            self.names.restore()
            error = self._attempt(source, forbidden, write_back=False)
            spent += student.cpu
            if isinstance(error, Exception):
                error = AssertionError(CHANGED_ARGUMENTS)
        told = _told(error)
        if error is not None:
            self.recorder.error(told["ename"], told["evalue"], told["traceback"])
        return {
            "status": "ok" if error is None else "error",
            **told,
            "outputs": self.recorder.take(),
            "execution_count": None,
            "seconds": time.monotonic() - started,
            "cpu": _cpu() - used,
            "student_cpu": spent,
            "changed": changed,
        }

    def _attempt(self, source: str, forbidden: Any, *, write_back: bool = True) -> BaseException | None:
        """Run a cell; what made it fail."""
        student = self.student
        if student is not None:
            student.start_cell(write_back)
        error: BaseException | None = None
        self.recorder.take()
        try:
            with _interruptible(), self._forbidding(forbidden):
                self.run_source(source, show=True)
                self.names.end_cell()
        except BaseException as raised:
            error = raised
        sys.stdout, sys.stderr = self.streams  # whatever the cell has put there
        return (student.verdict() if student is not None else None) or error

    def run_source(self, source: str, show: bool = False) -> Any:
        """Run code in the judge's names; the value of a last expression is returned, and shown if `show`."""
        body, last = _compiled(source)
        exec(body, self.names)
        if last is None:
            return None
        value = eval(last, self.names)
        if show and value is not None and not source.rstrip().endswith(";"):
            self.recorder.show({TEXT: shown(value)}, execution_count=1)
        return value

    def _seeded(self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if (
            self.student is not None and self._testing
        ):  # set-up cells have seeded the student's process themselves
            self.student.ask("seed", module, name, args, kwargs)

    def display(self, *values: Any, **options: Any) -> None:
        """What `display` does in a notebook, as text."""
        for value in values:
            self.recorder.show({TEXT: shown(value)})

    @contextmanager
    def _forbidding(self, names: Any) -> Iterator[None]:
        if not names or self.student is None:
            yield
            return
        self.student.restrict(list(names))
        try:
            yield
        finally:
            self.student.unrestrict()


def shown(value: Any) -> str:
    """A value as text. A student's object cannot say what is shown of it: it could look like points."""
    if remote.is_remote(value):
        return f"<{remote.phrase(value)}>"
    return repr(value)


def _compiled(source: str) -> tuple[CodeType, CodeType | None]:
    """The code of a cell, and that of its last expression if it ends in one."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        tree = ast.parse(as_python(source))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    body = compile(tree, _FILE, "exec", dont_inherit=True, optimize=0)
    if not isinstance(last, ast.Expr):
        return body, None
    return body, compile(ast.Expression(last.value), _FILE, "eval", dont_inherit=True, optimize=0)


def _told(error: BaseException | None) -> dict[str, Any]:
    """What is said about a failure: a name, a text, and where in the student's own code it happened."""
    if error is None:
        return {"ename": "", "evalue": "", "traceback": []}
    name = error.title if isinstance(error, RemoteError) and error.title else type(error).__name__
    text = _text(error)
    if isinstance(error, AssertionError) and not text:
        text = BARE_ASSERT
    trace = [*getattr(error, "trace", ()), f"{name}: {text}" if text else name]
    return {"ename": name, "evalue": text, "traceback": [plain(line) for line in trace]}


def _text(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return plain(str(error.msg))[:_MOST_TEXT]  # its text shows the line
    try:
        return plain(str(error))[:_MOST_TEXT]
    except Exception as problem:  # a message made of the student's objects
        return f"(the message cannot be shown: {type(problem).__name__})"
    except StudentGone as gone:
        return str(gone)


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGINT, sent when the time is up, interrupts what runs inside; elsewhere it would break a message."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _cpu() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
