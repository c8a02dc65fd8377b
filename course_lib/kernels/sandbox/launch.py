"""The side of whoever wants a sandbox: ask the warm server for one."""

from __future__ import annotations

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from course_lib.kernels import client, wire
from course_lib.kernels.environment import INLINE_BACKEND, PRELOAD_VARIABLE
from course_lib.kernels.sandbox import identity
from course_lib.kernels.sandbox.confinement import HOME, LANDLOCK, Confinement
from course_lib.kernels.sandbox.keeper import READY

PRELOAD = (
    "IPython.core.interactiveshell",
    "course_lib.grading.engine.student",
    "course_lib.grading.engine.judge",
)
"""What every server of sandboxes imports, as far as it is installed."""

_OWN_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONUSERBASE", "KERAS_BACKEND", "TZ", "TMPDIR")


class Sandboxed(client.WarmProcess):
    """A sandbox, seen from outside. Its process is the keeper: what ends it ends everything inside."""

    def kill(self) -> None:
        """End everything in the sandbox."""
        # The keeper does it, and stays just long enough to report what the sandbox has cost.
        self.terminate()


def start(
    entry: str,
    payload: dict[str, Any],
    sockets: Sequence[socket.socket],
    confinement: Confinement,
    *,
    preload: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Sandboxed:
    """Run ``entry(payload, sockets)`` in a sandbox of its own, forked from a warm server.

    entry: "course_lib.some.module:function". payload: plain data. sockets: at most 6; the caller may close
    its copies afterwards. preload: modules that the warm server imports; there is one server for each set of
    them. environment: variables for the server's imports and inside the sandbox; nothing else of this
    process's environment but the search paths reaches either.

    Returns when the entry is about to be called. Raises client.Unavailable with a line that says why not.
    """
    if not sys.platform.startswith("linux"):
        raise client.Unavailable("sandboxes exist on Linux only")
    variables = server_environment(preload, environment or {})
    folder = tempfile.mkdtemp(prefix="student-") if confinement.level == LANDLOCK else ""
    request = {
        "do": "sandbox",
        "entry": entry,
        "payload": payload,
        "confinement": asdict(confinement),
        "env": identity.environment(variables, f"{folder}/home" if folder else HOME),
        "folder": folder,
    }
    files = [sock.fileno() for sock in sockets]
    try:
        pid, handle, server, said = client.fork(request, files, variables, "/")
    except client.Unavailable:
        if folder:
            os.rmdir(folder)
        raise
    process = Sandboxed(pid, handle, server)
    if said != READY:
        process.send_signal(signal.SIGKILL)
        reason = said.decode(errors="replace").partition("\n")[0] or "it ended at once"
        raise client.Unavailable(f"no sandbox ({confinement.level}): {reason}")
    return process


def server_environment(preload: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The environment of the warm server: the same for everybody on this machine who grades.

    It does not have the caller's home, so that nobody's own settings of a library change a mark.
    """
    home = wire.folder() / "nobody.home"
    home.mkdir(exist_ok=True)
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {
        "PATH": os.defpath,
        **inherited,
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "MPLBACKEND": INLINE_BACKEND,
        "PYTHONHASHSEED": "0",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **dict.fromkeys(_OWN_THREADS, "1"),
        **wanted,
        PRELOAD_VARIABLE: ",".join(dict.fromkeys([*PRELOAD, *preload])),
    }
