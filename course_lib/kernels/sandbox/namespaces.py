"""A sandbox's own user, processes, mounts, network, and names: Linux namespaces, as root and as anybody."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from course_lib.kernels.sandbox import filesystem, syscalls
from course_lib.kernels.sandbox.confinement import Confinement

_UID = _GID = 1000
"""What the sandboxed user is inside."""

_NOBODY = 65534
"""Who the sandboxed user is outside, when root starts the sandbox."""

_HOST = "jupyter"
_SIOCSIFFLAGS = 0x8914
_IFF_UP_AND_RUNNING = 0x41

_ALL = (
    syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWCGROUP
)


class Namespaces:
    """The keeper's side: make them, start their first process, give the sandboxed process its user, end them."""

    def __init__(self) -> None:
        """Enter new namespaces, except for processes: there only what is forked from now on will be.

        Raises OSError.
        """
        self.is_privileged = os.geteuid() == 0
        uid, gid = os.geteuid(), os.getegid()
        # Later the files, and with them /proc, are the sandbox's.
        self._processes = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        reaper = shutil.which("cat", path=os.defpath)
        if reaper is None:
            raise OSError(f"no `cat` in {os.defpath}")
        syscalls.unshare(_ALL if self.is_privileged else _ALL | syscalls.CLONE_NEWUSER)
        if not self.is_privileged:
            map_own_user(uid, gid)
        socket.sethostname(_HOST)
        _bring_up_loopback()
        self._first, self._alive = _start_first_process(reaper)

    def map_user(self, sandboxed: int) -> None:
        """Give the child `sandboxed`, which has asked for it in `become_student`, its user. Raises OSError."""
        if self.is_privileged:
            for name in ("uid_map", "gid_map"):
                file = os.open(f"{sandboxed}/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._processes)
                with open(file, "w", encoding="ascii") as writable:
                    writable.write(f"{_UID} {_NOBODY} 1")

    def end(self) -> None:
        """Kill everything that is left inside; returns when it is gone."""
        with suppress(ProcessLookupError):
            os.kill(self._first, signal.SIGKILL)
        os.waitpid(self._first, 0)


def become_student(confinement: Confinement, map_user: Callable[[], None]) -> None:
    """In the sandboxed process: see no files but the sandbox's, be a user that means nothing outside.

    `map_user` has the keeper call `Namespaces.map_user`. Raises OSError.
    The user namespace is made last: it owns none of the others, so that not even its root could change the
    mounts or look into the first process.
    """
    is_privileged = os.geteuid() == 0
    # Not the keeper's work: /proc shows the processes of whoever mounts it.
    outer = (_NOBODY, _NOBODY) if is_privileged else (_UID, _GID)
    filesystem.enter_new_root(confinement, filesystem.Owner(_UID, _GID, *outer, _HOST))
    if is_privileged:
        os.setgroups([])
    syscalls.unshare(syscalls.CLONE_NEWUSER)
    if not is_privileged:
        map_own_user(_UID, _GID)
    map_user()
    os.setresgid(_GID, _GID, _GID)
    os.setresuid(_UID, _UID, _UID)


def map_own_user(uid: int, gid: int) -> None:
    """In a user namespace that this process has just made: its user, `uid` outside, is the student inside."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{_UID} {uid} 1"), ("gid_map", f"{_GID} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _start_first_process(reaper: str) -> tuple[int, int]:
    """Process 1 of the new namespace, and the pipe whose closing ends it (and so everything in there).

    It is no fork of this process, which would cost more than all the rest.
    """
    ends, alive = os.pipe()
    # Who ignores the end of children, of which process 1 adopts many, need not collect them.
    previous = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, ends, 0)]
        # The variables are readable inside.
        first = os.posix_spawn(reaper, [os.path.basename(reaper)], {}, file_actions=actions)
    finally:
        signal.signal(signal.SIGCHLD, previous)
        os.close(ends)
    return first, alive


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP_AND_RUNNING))
