"""The processes of one sandbox, from the fork of the warm server to the entry's end.

    warm server -> keeper -> first process of the sandbox -> the entry's process

The keeper stays outside, trusted and idle: it maps the sandbox's user, waits, and ends when the sandbox has.
Killing it kills the sandbox; SIGTERM makes it end the sandbox and report what that had cost. The first
process (level "namespaces" only) collects what it is the adoptive parent of; when it ends, the kernel ends
everything in the namespace.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import shutil
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from course_lib.kernels import child
from course_lib.kernels.sandbox import identity, landlock, limits, namespaces, seccomp, syscalls
from course_lib.kernels.sandbox.confinement import LANDLOCK, NAMESPACES, NONE, Confinement

_PACKAGE = "course_lib."
_STATUS = struct.Struct("i")
READY = b"+"
"""What the entry's process writes to the `ready` pipe; anything else is the reason why there is none."""


def become(request: dict[str, Any], sockets: list[int], ready: int, server: int) -> NoReturn:
    """Be the keeper of the sandbox that `request` describes; never returns.

    `sockets` are for the entry. `ready` is a pipe: READY when the entry is about to be called, or one line
    that says why it is not. `server` is the process id of the parent, without which nothing here may live.
    """
    status = 1
    try:
        # The server's log remains as output, for what goes wrong on this side.
        child.leave_the_server([os.open("/dev/null", os.O_RDWR), os.dup(1), os.dup(2)], server)
        syscalls.close_all_but([0, 1, 2, *sockets, ready])
        os.umask(0o022)
        status = _keep(request, sockets, ready, server)
    except BaseException as problem:
        _report(ready, problem)
    _end_as(status)


def _report(ready: int, problem: BaseException) -> None:
    """Say in `ready`, which is closed once the entry runs, what went wrong."""
    with suppress(OSError):
        os.write(ready, f"{type(problem).__name__}: {problem}".encode()[:2000])


def _end_as(status: int) -> NoReturn:
    """End with wait status `status`: with an exit code, or by the signal that ended the entry's process."""
    code = os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) or os.WIFSIGNALED(status) else 1
    if code < 0:
        number = signal.Signals(-code)
        with suppress(OSError):  # SIGKILL and SIGSTOP have no handler that could be reset
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(code)


def _keep(request: dict[str, Any], sockets: list[int], ready: int, server: int) -> int:
    """Start the sandbox, wait for its end; the wait status of the entry's process."""
    confinement = Confinement(**request["confinement"])
    ours, theirs = socket.socketpair()
    if confinement.level == NAMESPACES:
        namespaces.enter_outer()
    else:
        # What loses its parent becomes our child, and ends with us.
        syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
    # New credentials, if any, have cleared the death signal.
    child.die_with_parent(server)
    first = os.fork()
    if first == 0:
        ours.close()
        _be_confined(request, confinement, sockets, ready, theirs)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(first, signal.SIGKILL))
    theirs.close()
    for file in (*sockets, ready):
        os.close(file)
    reported = _attend(ours, first)
    _, status = os.waitpid(first, 0)
    if confinement.level != NAMESPACES:
        _end_descendants()
    if folder := request.get("folder"):
        shutil.rmtree(folder, ignore_errors=True)
    return status if reported is None else reported


def _attend(sandbox: socket.socket, first: int) -> int | None:
    """Answer the sandbox's first process until it ends: what it says of the entry's process, if anything."""
    with sandbox:
        while message := sandbox.recv(_STATUS.size):
            if message == b"m":
                namespaces.map_user(first)
                sandbox.sendall(b"m")
            else:
                return _STATUS.unpack(message)[0]
    return None


def _end_descendants() -> None:
    """Kill what the entry's process has left behind, until nothing is left."""
    while children := Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        for pid in map(int, children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # Their own children become ours when they are gone.
        os.waitpid(-1, 0)


def _be_confined(
    request: dict[str, Any], confinement: Confinement, sockets: list[int], ready: int, keeper: socket.socket
) -> NoReturn:
    """In the first process of the sandbox: confine, then run the entry here or in a child; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        syscalls.prctl(syscalls.PR_SET_NAME, b"python")
        if confinement.level == NAMESPACES:
            namespaces.enter_inner(confinement, keeper)
        elif confinement.level == LANDLOCK:
            landlock.enter(confinement, request["folder"])
        if confinement.level != NONE:
            null = os.open("/dev/null", os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            os.close(null)
        os.environ.clear()
        os.environ.update(request["env"])
        identity.forget_origin(hide=confinement.level != NONE)
        limits.apply(confinement)
        if confinement.level != NONE:
            syscalls.drop_capabilities()
        if confinement.level == LANDLOCK:
            landlock.restrict(confinement, request["folder"])
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, int(signal.SIGKILL))
        _check_keeper(keeper)
        if confinement.level == NAMESPACES:
            seccomp.install()
            _be_init(request, sockets, ready, keeper)
        if confinement.level == LANDLOCK:
            seccomp.install(shared_network=True, confine_signals=not landlock.confines_signals())
        keeper.close()
        _run(request, sockets, ready)
    except BaseException as problem:
        _report(ready, problem)
    finally:
        os._exit(status)


def _check_keeper(keeper: socket.socket) -> None:
    """Raises OSError if the keeper ended before the death signal was set."""
    watch = select.poll()
    watch.register(keeper, select.POLLHUP)
    if watch.poll(0):
        raise OSError("the keeper has ended")


def _be_init(request: dict[str, Any], sockets: list[int], ready: int, keeper: socket.socket) -> NoReturn:
    """In process 1: fork the entry's process, collect whatever ends, leave when the entry's process has ended."""
    entry = os.fork()
    if entry == 0:
        keeper.close()
        # Changing the user has made the process's own files in /proc unreadable to itself.
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
        try:
            _run(request, sockets, ready)
        except BaseException as problem:
            _report(ready, problem)
        finally:
            os._exit(1)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)
    for file in (*sockets, ready):
        os.close(file)
    while True:
        pid, status = os.wait()
        if pid == entry:
            keeper.sendall(_STATUS.pack(status))
            os._exit(0)


def _run(request: dict[str, Any], sockets: list[int], ready: int) -> NoReturn:
    """In the entry's process: call it."""
    os.setsid()
    gc.enable()
    child.forget_shared_state()
    name = request["entry"]
    if not name.startswith(_PACKAGE):
        raise ValueError(f"an entry is a function of {_PACKAGE[:-1]}, not {name}")
    module, _, function = name.partition(":")
    entry = getattr(importlib.import_module(module), function)
    connections = [socket.socket(fileno=file) for file in sockets]
    os.write(ready, READY)
    os.close(ready)
    status = 1
    try:
        entry(request["payload"], connections)
        status = 0
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with suppress(Exception):
            child.flush_streams()
        os._exit(status & 0xFF)
