"""A sandbox's own user, processes, mounts, network, and names: Linux namespaces, as root and as anybody."""

from __future__ import annotations

import fcntl
import os
import socket
import struct

from course_lib.kernels.sandbox import filesystem, syscalls
from course_lib.kernels.sandbox.confinement import Confinement

_UID = _GID = 1000
"""What the sandboxed user is inside."""

_NOBODY = 65534
"""Who the sandboxed user is outside, when root starts the sandbox."""

_HOST = "jupyter"
_SIOCSIFFLAGS = 0x8914
_IFF_UP_AND_RUNNING = 0x41

_INNER = (
    syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWCGROUP
)


def is_privileged() -> bool:
    """Whether this process is root, and so needs no user namespace to make the other ones."""
    return os.geteuid() == 0


def enter_outer() -> None:
    """In the keeper: the next process that it forks is the first of a process namespace. Raises OSError."""
    if is_privileged():
        syscalls.unshare(syscalls.CLONE_NEWPID)
        return
    uid, gid = os.geteuid(), os.getegid()
    syscalls.unshare(syscalls.CLONE_NEWUSER | syscalls.CLONE_NEWPID)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{_UID} {uid} 1")
    _write("/proc/self/gid_map", f"{_GID} {gid} 1")


def map_user(pid: int) -> None:
    """In the keeper of a root: give the user namespace of the child `pid` its one user. Raises OSError."""
    _write(f"/proc/{pid}/uid_map", f"{_UID} {_NOBODY} 1")
    _write(f"/proc/{pid}/gid_map", f"{_GID} {_NOBODY} 1")


def enter_inner(confinement: Confinement, keeper: socket.socket) -> None:
    """In the first process of the namespace: new root, new network, and no user that means anything outside.

    `keeper` is a connection to the keeper, which calls `map_user` when it is asked. Raises OSError.
    """
    privileged = is_privileged()
    syscalls.unshare(_INNER)
    socket.sethostname(_HOST)
    _bring_up_loopback()
    # Without privileges we are that user already.
    outer = (_NOBODY, _NOBODY) if privileged else (_UID, _GID)
    filesystem.enter_new_root(confinement, filesystem.Owner(_UID, _GID, *outer, _HOST))
    if privileged:
        os.setgroups([])
        # Made last: what it owns is nothing, so that even its root could not change the mounts.
        syscalls.unshare(syscalls.CLONE_NEWUSER)
        keeper.sendall(b"m")
        if keeper.recv(1) != b"m":
            raise OSError("the sandbox's user was not mapped")
        os.setresgid(_GID, _GID, _GID)
        os.setresuid(_UID, _UID, _UID)


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP_AND_RUNNING))


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
