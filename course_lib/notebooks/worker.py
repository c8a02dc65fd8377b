"""A child process that executes notebooks with papermill, one after the other.

It reads one JSON job per line on standard input and answers with JSON events, one per line, on standard
output: ``{"event": "cell"}`` after each code cell and ``{"event": "done", ...}`` at the end of a job.  A
SIGTERM, or the death of the process that started it, kills the kernel at work and ends the worker.
"""

from __future__ import annotations

import ast
import copy
import ctypes
import json
import logging
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from course_lib.notebooks import measure
from course_lib.notebooks.environment import SWITCH
from course_lib.notebooks.files import notebook_text, write_atomically

ENGINE = "course"
_BLOCK_NETWORK = "import course_lib.kernels.offline as _course; _course.block_network(); del _course"
_MEASURE = "(lambda space: (exec({source!r}, space), space['facts']())[1])({{}})"
_PR_SET_PDEATHSIG = 1
_SOCKET_PATH = 90  # characters; the shortest limit is 104, and a suffix follows


class KernelSetupError(Exception):
    """The kernel could not be prepared (network block, measurement)."""


class CourseClient(PapermillNotebookClient):
    """papermill's client, with a silent request before the first cell and one after the last."""

    def __init__(self, nb_man: Any, run: Run, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self.course_run = run

    def papermill_execute_cells(self) -> None:
        run = self.course_run
        run.warm = _is_warm(self.km)
        if run.offline:
            self._silent(_BLOCK_NETWORK)
        started = time.perf_counter()
        super().papermill_execute_cells()
        run.wall_s = time.perf_counter() - started
        source = Path(measure.__file__).read_text(encoding="utf8")
        run.facts = json.loads(self._silent("", _MEASURE.format(source=source)))

    def _silent(self, code: str, expression: str = "None") -> Any:
        """Run ``code`` without a trace in the notebook; the value of ``expression`` comes back."""
        assert self.kc is not None
        request = self.kc.execute(
            code, silent=True, store_history=False, user_expressions={"value": expression}, allow_stdin=False
        )
        content = self.wait_for_reply(request)["content"]
        value = content.get("user_expressions", {}).get("value", content)
        if content["status"] != "ok" or value["status"] != "ok":
            bad = content if content["status"] != "ok" else value
            raise KernelSetupError(f"{bad.get('ename')}: {bad.get('evalue')}")
        return ast.literal_eval(value["data"]["text/plain"])


class CourseEngine(NBClientEngine):
    """The papermill engine behind ``course run``; registered under the name ``course``."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        run: Run = options["run"]
        run.nb = nb_man.nb
        client = CourseClient(
            nb_man,
            run,
            kernel_name=kernel_name,
            timeout=options["execution_timeout"],
            startup_timeout=options["start_timeout"],
            shutdown_kernel="immediate",
            on_cell_start=run.cell_started,
            on_cell_executed=run.cell_executed,
            config=_private_transport(run.folder),
        )
        run.client = client
        try:
            client.execute()
        finally:
            run.client = None
            run.nb = copy.deepcopy(nb_man.nb)  # papermill marks its own copy when a cell shows an error


class Run:
    """One notebook being executed: what is known about it so far."""

    def __init__(self, job: dict[str, Any], folder: Path, emit: Callable[[dict[str, Any]], None]) -> None:
        self.job, self.folder, self.emit = job, folder, emit
        self.offline = bool(job["offline"])
        self.client: CourseClient | None = None
        self.nb: nbformat.NotebookNode | None = None
        self.cell_id: str | None = None
        self.warm = False
        self.wall_s = 0.0
        self.facts: dict[str, Any] = {}

    def cell_started(self, cell: nbformat.NotebookNode, cell_index: int) -> None:
        self.cell_id = cell.id

    def cell_executed(self, cell: nbformat.NotebookNode, cell_index: int, execute_reply: Any) -> None:
        self.emit({"event": "cell"})

    def execute(self) -> dict[str, Any]:
        """Run the job; the answer says ``ok`` or which cell failed and how."""
        job = self.job
        try:
            with _switch(cold=job["cold"]):
                papermill.execute_notebook(
                    job["input"],
                    None,
                    parameters=job["parameters"],
                    engine_name=ENGINE,
                    request_save_on_cell_execute=False,
                    progress_bar=False,
                    kernel_name="python3",
                    cwd=job["cwd"],
                    start_timeout=120,
                    execution_timeout=job["timeout"],
                    run=self,
                )
        except PapermillExecutionError as error:
            failure = self._unexpected_error()
            if failure or not self.facts:
                return failure or self._failed(error.ename, error.evalue)
        except DeadKernelError:
            return self._failed("the kernel died", "out of memory, or a crash in native code")
        except CellTimeoutError:
            return self._failed("TimeoutError", f"the cell ran longer than {job['timeout']} s")
        except (KernelSetupError, NoSuchKernel, RuntimeError, OSError) as error:
            return self._failed(type(error).__name__, str(error))
        self._store()
        return {"event": "done", "ok": True}

    def _unexpected_error(self) -> dict[str, Any] | None:
        """The first cell that raised without being tagged for it."""
        for cell in self.nb.cells if self.nb else []:
            if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
                continue
            for output in cell.outputs:
                if output.output_type == "error":
                    self.cell_id = cell.id
                    return self._failed(output.ename, output.evalue, output.traceback)
        return None

    def _failed(self, ename: str, evalue: str, traceback: list[str] | None = None) -> dict[str, Any]:
        text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback or []))
        lines = [int(n) for n in re.findall(r"Cell In\s*\[\d+\], line (\d+)", text)]  # the outermost first
        return {
            "event": "done",
            "ok": False,
            "cell_id": self.cell_id,
            "line": lines[0] if lines else None,
            "error": f"{ename}: {' '.join(str(evalue).split())}"[:400],
            "traceback": text,
        }

    def _store(self) -> None:
        assert self.nb is not None
        self.nb.metadata["course"] = {
            **self.job["metadata"],
            "cpu_s": round(self.facts["cpu_s"], 3),
            "wall_s": round(self.wall_s, 3),
            "peak_mb": round(self.facts["peak_mb"], 1),
            "versions": self.facts["versions"],
            "warm": self.warm,
        }
        self.nb.metadata.pop("papermill", None)
        for cell in self.nb.cells:
            timing = cell.metadata.pop("papermill", {})
            if cell.cell_type == "code":
                cell.metadata["course"] = {"wall_s": timing.get("duration")}
        write_atomically(Path(self.job["output"]), notebook_text(self.nb))


@contextmanager
def _switch(*, cold: bool) -> Iterator[None]:
    """Kernels that start here are cold, if they have to be."""
    before = os.environ.get(SWITCH)
    if cold:
        os.environ[SWITCH] = "0"
    try:
        yield
    finally:
        os.environ.pop(SWITCH, None)
        if before is not None:
            os.environ[SWITCH] = before


def _is_warm(manager: Any) -> bool:
    """Whether this kernel was really forked from the warm server."""
    reason = getattr(getattr(manager, "provisioner", None), "why_cold", None)
    return reason == ""


def _private_transport(folder: Path) -> Config:
    """Sockets in a private folder: no port to collide on, no traffic in the clear.

    Where the folder's path is too long for a socket's name, jupyter_client's own choice (TCP) stays.
    """
    fresh = tempfile.mkdtemp(dir=folder, prefix="k")
    if os.name != "posix" or len(fresh) > _SOCKET_PATH:
        return Config()
    return Config(ConnectionFileMixin={"transport": "ipc", "ip": f"{fresh}/s"})


def _die_with(parent: int) -> None:
    """Ask Linux for a SIGTERM when the process that started this worker dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            raise SystemExit("the process that started this worker is gone")


def _kill_kernel(run: Run | None) -> None:
    client = run.client if run else None
    provisioner = getattr(client.km, "provisioner", None) if client and client.km else None
    for name, kill in (("pgid", getattr(os, "killpg", None)), ("pid", os.kill)):
        target = getattr(provisioner, name, None)
        if target and kill and target > 1 and target != os.getpid():
            try:
                kill(target, signal.SIGKILL)
            except ProcessLookupError:
                continue


def main() -> int:
    """Serve jobs until standard input closes."""
    parent, folder = int(sys.argv[1]), Path(sys.argv[2])
    events = os.fdopen(os.dup(1), "w", encoding="utf8", buffering=1)
    os.dup2(2, 1)  # whatever prints goes to the log, not between the events
    logging.getLogger("papermill").setLevel(logging.ERROR)
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    papermill_engines.register(ENGINE, CourseEngine)
    current: Run | None = None

    def emit(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")

    def stop(*_: object) -> None:
        _kill_kernel(current)
        os._exit(143)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    emit({"event": "ready"})
    for line in sys.stdin:
        current = Run(json.loads(line), folder, emit)
        emit(current.execute())
        current = None
    return 0


if __name__ == "__main__":
    sys.exit(main())
