"""The processes of one sandbox, from the fork of the warm server to the entry's end.

    warm server -> keeper -> the entry's process -> what that starts

The keeper stays outside, trusted and idle: it builds the sandbox, forks the entry's process into it, waits,
and ends when everything inside has ended. Killing it kills the sandbox; SIGTERM makes it end the sandbox
and stay just long enough for its parent to learn what that has cost.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import shutil
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

from course_lib.kernels import child
from course_lib.kernels.sandbox import identity, landlock, limits, reaping, seccomp, syscalls
from course_lib.kernels.sandbox.confinement import LANDLOCK, NAMESPACES, NONE, Confinement
from course_lib.kernels.sandbox.namespaces import Namespaces, become_student

_PACKAGE = "course_lib."
READY = b"+"
"""What the entry's process writes to the `ready` pipe; anything else is the reason why there is none."""

_MAP_USER, _GREETING = b"m", b"a"
"""What the entry's process asks of the keeper, which answers with the same."""

_WATCH_SECONDS = 0.2
"""How often the size of a private folder is looked at, where the kernel cannot limit it."""


def become(request: dict[str, Any], sockets: list[int], ready: int, server: int) -> NoReturn:
    """Be the keeper of the sandbox that `request` describes; never returns.

    `sockets` are for the entry. `ready` is a pipe: READY when the entry is about to be called, or one line
    that says why it is not. `server` is the process id of the parent, without which nothing here may live.
    """
    status = 1
    try:
        # The server's log remains as output, for what goes wrong on this side.
        child.leave_the_server([os.open(os.devnull, os.O_RDWR), os.dup(1), os.dup(2)], server)
        syscalls.close_all_but([0, 1, 2, *sockets, ready])
        os.umask(0o022)
        status = os.waitstatus_to_exitcode(_keep(request, sockets, ready, server))
    except BaseException as problem:
        _report(ready, problem)
    if status < 0:  # end as the entry's process has ended
        with suppress(OSError):  # SIGKILL has no handler that could be reset
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def _report(ready: int, problem: BaseException) -> None:
    """Say in `ready`, which is closed once the entry runs, what went wrong."""
    reason = str(problem) if isinstance(problem, OSError) else f"{type(problem).__name__}: {problem}"
    with suppress(OSError):
        os.write(ready, reason.encode()[:2000])


def _keep(request: dict[str, Any], sockets: list[int], ready: int, server: int) -> int:
    """Start the sandbox, wait for its end; the wait status of the entry's process."""
    confinement = Confinement(**request["confinement"])
    namespaces = None
    if confinement.level == NAMESPACES:
        namespaces = Namespaces()
    else:
        # What loses its parent becomes our child, and ends with us.
        reaping.adopt_orphans()
    # New credentials have cleared the death signal.
    child.die_with_parent(server)
    ours, theirs = socket.socketpair()
    entry = os.fork()
    if entry == 0:
        _be_confined(request, confinement, [*sockets, ready], theirs)
    signal.signal(signal.SIGTERM, lambda *_: reaping.kill(entry))
    theirs.close()
    for file in (*sockets, ready):
        os.close(file)
    with ours:
        while wish := ours.recv(1):
            if wish == _MAP_USER and namespaces is not None:
                namespaces.map_user(entry)
            ours.sendall(wish)
    if confinement.level == LANDLOCK:
        _watch(entry, request["folder"], confinement)
    _, status = os.waitpid(entry, 0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if namespaces is not None:
        namespaces.end()
    else:
        reaping.end_children()
    if folder := request["folder"]:
        shutil.rmtree(folder, ignore_errors=True)
    return status


def _watch(entry: int, folder: str, confinement: Confinement) -> None:
    """Until process `entry` ends: kill it when `folder`, which is no file system of its own, has grown too big."""
    process = os.pidfd_open(entry)
    watch = select.poll()
    watch.register(process, select.POLLIN)
    while not watch.poll(_WATCH_SECONDS * 1000):
        sizes = list(landlock.sizes(folder))
        if len(sizes) > confinement.files or sum(sizes) > confinement.files_mb << 20:
            print(
                f"a sandbox wrote {len(sizes)} files, {sum(sizes)} bytes: ended", file=sys.stderr, flush=True
            )
            reaping.kill(entry)
    os.close(process)


def _be_confined(
    request: dict[str, Any], confinement: Confinement, files: list[int], keeper: socket.socket
) -> NoReturn:
    """In the fork that is to be the entry's process: confine it, then call the entry; never returns."""
    *sockets, ready = files
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        syscalls.prctl(syscalls.PR_SET_NAME, b"python")
        syscalls.close_all_but([0, 1, 2, *files, keeper.fileno()])
        os.environ.clear()
        os.environ.update(request["env"])
        identity.forget_origin(hide=confinement.level != NONE)
        os.setsid()
        if confinement.level == NAMESPACES:
            become_student(confinement, lambda: _ask(keeper, _MAP_USER))
        elif confinement.level == LANDLOCK:
            landlock.become_student(request["folder"])
        # That of the sandbox, not that of the machine.
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0,) if confinement.level == NONE else (0, 1, 2):
            os.dup2(null, stream)
        os.close(null)
        # In a user namespace of its own, the limits concern nobody else's processes.
        limits.apply(confinement)
        if confinement.level != NONE:
            syscalls.drop_capabilities()
        # A change of user clears the one, and takes the process's own files in /proc away.
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, int(signal.SIGKILL))
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
        _ask(keeper, _GREETING)  # or else it has ended before it was our death
        keeper.close()
        if confinement.level == NAMESPACES:
            seccomp.install()
        elif confinement.level == LANDLOCK:
            landlock.restrict(confinement, request["folder"])
            seccomp.install(shares_machine=True, confine_signals=not landlock.confines_signals())
        _call_entry(request, sockets, ready)
    except BaseException as problem:
        _report(ready, problem)
    finally:
        os._exit(1)


def _ask(keeper: socket.socket, wish: bytes) -> None:
    """Have the keeper do something. Raises OSError if it has ended."""
    keeper.sendall(wish)
    if keeper.recv(1) != wish:
        raise OSError("the keeper of this sandbox has ended")


def _call_entry(request: dict[str, Any], sockets: list[int], ready: int) -> NoReturn:
    """Import the entry, say that it is ready, call it; its return, SystemExit or exception ends the process."""
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
