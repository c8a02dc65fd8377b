"""The student's process: runs the cells of one notebook and answers the judge's calls in between.

`main` is called in a sandbox of its own, forked from a process that has only imported. It takes one request
after the other from the control socket and answers each with one message that carries the request's `id`:

* ``{"do": "cell", "source": ...}``: run it; what happened comes back, see `Student.cell`;
* ``{"do": "connect"}`` with one socket: from now on the judge at its other end may call.

Nothing that happens here gives a mark in strict mode, so nothing here needs to resist the student's code.
"""

from __future__ import annotations

import base64
import os
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course_lib.grading.engine import shell
from course_lib.grading.engine.agent import Agent
from course_lib.grading.engine.capture import Descriptors, Recorder
from course_lib.grading.engine.outputs import error as error_output
from course_lib.grading.engine.outputs import plain
from course_lib.kernels import wire

DEFAULT_SEED = 0


def main(payload: dict[str, Any], sockets: list[socket.socket]) -> None:
    """Serve the control socket, the only one in `sockets`, until it closes.

    payload: `files` (content in base64 by relative path, written to the working directory), `output_bytes`
    (text kept per cell) and `seed`.
    """
    (control,) = sockets
    place(payload.get("files", {}), Path.cwd())
    seed(payload.get("seed", DEFAULT_SEED))
    sys.argv = [_launcher(), "-f", f"{Path.home()}/.local/share/jupyter/runtime/kernel.json"]
    Student(control, payload["output_bytes"]).serve()


def place(files: Mapping[str, str], folder: Path) -> None:
    """Write the `files` of a payload below `folder`, and let the modules among them be imported from there.

    `folder` is the working directory. As in a notebook, it comes first, and follows `os.chdir`.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    sys.path.insert(0, "")


def seed(number: int) -> None:
    """Seed every random generator that is loaded, so that two runs of a notebook see the same numbers."""
    random.seed(number)
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(number)
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(number)
    tensorflow: Any = sys.modules.get("tensorflow")
    if tensorflow is not None and hasattr(tensorflow, "random"):
        tensorflow.random.set_seed(number)


class Student:
    """The loop around the shell. `output_bytes` is the text kept per cell."""

    def __init__(self, control: socket.socket, output_bytes: int) -> None:
        self.control = control
        self.pid = os.getpid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.recorder = Recorder(output_bytes)
        self.descriptors = Descriptors(self.recorder)
        self.shell = shell.make(self.recorder)
        self.agent: Agent | None = None
        os.register_at_fork(after_in_child=self._leave_to_parent)

    def serve(self) -> None:
        """Answer until the control socket closes. The first message, unasked, hands over the output pipes."""
        wire.send(self.control, {"id": 0}, list(self.descriptors.ends.values()))
        while True:
            if self.agent is not None and not self._answer_judge(self.agent):
                self.agent = None
            try:
                request, files = wire.receive(self.control)
            except (EOFError, OSError):
                return
            reply = self.connect(files) if request["do"] == "connect" else self.cell(request["source"])
            wire.send(self.control, {"id": request["id"], **reply})

    def connect(self, files: list[int]) -> dict[str, Any]:
        """Answer the calls that come on the socket `files[0]`, and no longer those of an earlier judge."""
        if self.agent is not None:
            self.agent.close()
        self.agent = Agent(socket.socket(fileno=files[0]), self.shell.user_ns)
        return {"status": "ok"}

    def cell(self, source: str) -> dict[str, Any]:
        """Run one cell.

        Returns `status` ("ok" or "error"), `ename` and `evalue`, `outputs` (of nbformat), `execution_count`,
        `seconds` of wall clock and `cpu` seconds, those of ended child processes included.
        """
        started, used = time.monotonic(), _cpu()
        self.recorder.take()  # what a background thread wrote since the last cell belongs to none
        count = self.shell.execution_count
        try:
            with _interruptible():
                result = self.shell.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except (
            BaseException
        ) as outside:  # from a hook or transformer of the cell's own, or an interrupt there
            error = outside
            self.recorder.error(type(outside).__name__, _text(outside), [_text(outside)])
        if os.getpid() != self.pid:  # a forked child of the cell got here
            os._exit(0)
        self.descriptors.flush()
        outputs = self.recorder.take()
        told: dict[str, Any] = {"ename": "", "evalue": ""}
        if error is not None:
            shown = [output for output in outputs if output["output_type"] == "error"]
            told = shown[0] if shown else error_output(type(error).__name__, _text(error))
            outputs += [] if shown else [told]
        return {
            "status": "ok" if error is None else "error",
            "ename": told["ename"],
            "evalue": told["evalue"],
            "outputs": outputs,
            "execution_count": count,
            "seconds": time.monotonic() - started,
            "cpu": _cpu() - used,
        }

    def _answer_judge(self, agent: Agent) -> bool:
        """Serve the judge until there is something on the control socket; whether it is still connected."""
        try:
            with _interruptible():
                return agent.serve(self.control)
        except KeyboardInterrupt:  # between two calls; the connection may be in the middle of a message
            agent.close()
            return False

    def _leave_to_parent(self) -> None:
        """In a process that the student's code forked: it must not answer in its parent's place."""
        self.control.close()
        if self.agent is not None:
            self.agent.sock.close()


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


def _text(error: BaseException) -> str:
    try:
        return plain(str(error))[:4000]
    except Exception as problem:
        return f"<the exception's text cannot be shown: {type(problem).__name__}>"


def _launcher() -> str:
    """What `sys.argv[0]` is in a notebook."""
    import ipykernel

    return str(Path(ipykernel.__file__).parent.parent / "ipykernel_launcher.py")
