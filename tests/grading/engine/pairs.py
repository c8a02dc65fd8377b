"""A student's process and a judge, joined as the runner joins them, but without sandboxes around them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import tempfile
import traceback
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NoReturn

from course_lib.grading.engine import agent, judge
from course_lib.kernels import wire

OUTPUT_BYTES = 100_000

Serve = Callable[[socket.socket, dict[str, Any]], object]


class Pair:
    """Both processes, forked from this one. `cells` are run in the student's before it answers the judge.

    serve: what answers the judge in the student's place, given the connection and the student's names.
    """

    def __init__(self, *cells: str, serve: Serve = agent.serve) -> None:
        self.cells = list(cells)
        self.defines: list[str] = []
        self.classes: list[str] = []
        self._folder = tempfile.TemporaryDirectory(prefix="pair-")
        self._control, theirs = socket.socketpair()
        self._processes = [_fork(lambda: self._judge(theirs))]
        theirs.close()
        self.connect(serve)

    def connect(self, serve: Serve = agent.serve) -> None:
        """Start a student's process and join the judge to it."""
        ours, theirs = socket.socketpair()
        self.student = _fork(lambda: self._student(ours, theirs, serve))
        self._processes.append(self.student)
        wire.send(self._control, {"id": 0, "do": "connect"}, [ours.fileno()])
        assert wire.receive(self._control)[0] == {"id": 0, "status": "ok"}
        ours.close()
        theirs.close()

    def ask(
        self, source: str, *, graded: bool = True, forbidden: Sequence[str] = (), **more: Any
    ) -> dict[str, Any]:
        """What the judge answers to a cell of the author."""
        request = {"id": 1, "do": "cell", "source": source, "graded": graded, "forbidden": list(forbidden)}
        named = {"defines": self.defines, "classes": self.classes}
        wire.send(self._control, {**named, **request, **more})
        reply: dict[str, Any] = wire.receive(self._control)[0]
        return reply

    def passes(self, source: str, **more: Any) -> dict[str, Any]:
        """As `ask`, for a cell in which nothing may be raised."""
        reply = self.ask(source, **more)
        assert reply["status"] == "ok", reply
        return reply

    def fails(self, source: str, **more: Any) -> str:
        """The name and text of what a cell raised."""
        reply = self.ask(source, **more)
        assert reply["status"] == "error", reply
        return f"{reply['ename']}: {reply['evalue']}"

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._control.close()
        for process in self._processes:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        self._folder.cleanup()

    def _judge(self, control: socket.socket) -> None:
        self._control.close()
        os.chdir(self._folder.name)
        judge.main({"output_bytes": OUTPUT_BYTES}, [control])

    def _student(self, judges: socket.socket, own: socket.socket, serve: Serve) -> None:
        self._control.close()
        judges.close()
        os.chdir(self._folder.name)
        names: dict[str, Any] = {"__name__": "__main__"}
        with (
            open(os.devnull, "w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            for cell in self.cells:
                try:
                    exec(compile(cell, "<cell>", "exec"), names)
                except Exception:
                    traceback.print_exc()
            serve(own, names)


def _fork(run: Callable[[], None]) -> int:
    process = os.fork()
    if process == 0:
        _run(run)
    return process


def _run(run: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        run()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
