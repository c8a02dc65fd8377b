"""Turn a process that was just forked from the warm server into a Jupyter kernel."""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib.util
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from typing import Any, NoReturn

from course_lib.kernels.offline import block_network, wants_offline

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_libc = ctypes.CDLL(None, use_errno=True)


def flush_streams() -> None:
    """Empty Python's and C's output buffers, so that a fork does not print their contents twice."""
    sys.stdout.flush()
    sys.stderr.flush()
    _libc.fflush(None)


def become_kernel(request: dict[str, Any], files: list[int], ready: int, server: int) -> NoReturn:
    """Run the kernel that `request` describes, with `files` as stdin, stdout and stderr; never returns.

    `ready` is a pipe that is closed when the kernel listens. `server` is the process id of the parent:
    without it the kernel must not live.
    """
    status = 1
    try:
        leave_the_server(files, server)
        _take_on(request)
        forget_shared_state()
        if wants_offline(os.environ):
            block_network()
        status = _serve(request["args"], ready)
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        # What an interpreter does at its end, short of tearing down two frameworks object by object.
        try:
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            flush_streams()
        finally:
            os._exit(status)


def leave_the_server(files: list[int], server: int) -> None:
    """Own session and process group, own streams and signals; die with the server."""
    os.setsid()
    die_with_parent(server)
    _libc.prctl(_PR_SET_NAME, b"course-kernel", 0, 0, 0)  # tells it from its server in a list of processes
    for target, file in enumerate(files):
        os.dup2(file, target)
    for file in files:
        os.close(file)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def die_with_parent(parent: int) -> None:
    """From now on this process is killed when its parent, of that process id, ends. Raises OSError."""
    if _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot tie this process's life to its parent's")
    if os.getppid() != parent:  # it died before the line above took effect
        os._exit(1)


def _take_on(request: dict[str, Any]) -> None:
    """The working directory, environment and limits of whoever asked for the kernel."""
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    os.umask(request["umask"])
    os.sched_setaffinity(0, request["processors"])
    for limit, soft in request["limits"]:
        resource.setrlimit(limit, (soft, resource.getrlimit(limit)[1]))


def forget_shared_state() -> None:
    """Replace what all children of one server would otherwise share: random seeds, keys, cached places."""
    gc.enable()
    tempfile.tempdir = None
    multiprocessing.current_process().authkey = os.urandom(32)
    random.seed()
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    torch: Any = sys.modules.get("torch")
    if torch is not None:
        torch.seed()


def _serve(args: list[str], ready: int) -> int:
    """Build the kernel application, close `ready`, run until it is shut down; returns the exit status."""
    from ipykernel.kernelapp import IPKernelApp

    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin if launcher and launcher.origin else "ipykernel_launcher", *args]
    # Handle 1: neither watch the parent process (the death signal does) nor print advice for a terminal.
    app = IPKernelApp.instance(parent_handle=1)
    app.initialize(args)
    os.close(ready)
    app.start()
    return 0
