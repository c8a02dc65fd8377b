"""Linux system calls that Python does not offer, through the C library.

Every function raises OSError, with the name of what failed.
"""

from __future__ import annotations

import ctypes
import os

# <linux/sched.h>
CLONE_NEWTIME = 0x00000080
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# <sys/mount.h>
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

# <linux/mount.h>
MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4
_OPEN_TREE_CLONE = 0x1
_MOVE_MOUNT_F_EMPTY_PATH = 0x4
_AT_FDCWD = -100
_AT_EMPTY_PATH = 0x1000
_AT_RECURSIVE = 0x8000

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4

# The same on x86_64 and aarch64, as every call added since 2019.
_NR_OPEN_TREE = 428
_NR_MOVE_MOUNT = 429
_NR_CLOSE_RANGE = 436
_NR_MOUNT_SETATTR = 442

_CAPABILITY_VERSION_3 = 0x20080522

libc = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityWord(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def checked(result: int, what: str) -> int:
    """`result`, unless it is negative: then the OSError of the call `what`."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, what: str, *arguments: object) -> int:
    """The result of system call `number`."""
    return checked(libc.syscall(ctypes.c_long(number), *arguments), what)


def prctl(option: int, value: int | bytes = 0, third: int = 0) -> int:
    """The process control `option`."""
    first = value if isinstance(value, bytes) else ctypes.c_ulong(value)
    zero = ctypes.c_ulong(0)
    return checked(libc.prctl(option, first, ctypes.c_ulong(third), zero, zero), f"prctl({option})")


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` for new ones."""
    checked(libc.unshare(flags), f"unshare({flags:#x})")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2)."""
    result = libc.mount(
        source.encode(), os.fsencode(target), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    checked(result, f"mount {kind or source} on {target}")


def detach(target: str) -> None:
    """Take the mount at `target`, and what is below, out of sight."""
    checked(libc.umount2(os.fsencode(target), MNT_DETACH), f"unmount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make `new` the root; the old one appears at `old`."""
    checked(libc.pivot_root(os.fsencode(new), os.fsencode(old)), "pivot_root")


def open_tree(path: str) -> int:
    """A detached copy of the mounts at and below `path`, as a descriptor."""
    flags = _OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC
    return syscall(_NR_OPEN_TREE, f"open_tree {path}", _AT_FDCWD, os.fsencode(path), ctypes.c_uint(flags))


def set_attributes(tree: int, attributes: int, *, recursive: bool = True) -> None:
    """Add mount `attributes` to a tree of `open_tree`."""
    wanted = _MountAttributes(set=attributes)
    flags = ctypes.c_uint(_AT_EMPTY_PATH | (_AT_RECURSIVE if recursive else 0))
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    syscall(_NR_MOUNT_SETATTR, "mount_setattr", tree, b"", flags, ctypes.byref(wanted), size)


def attach(tree: int, target: str) -> None:
    """Put a tree of `open_tree` at `target` and close it."""
    flags = ctypes.c_uint(_MOVE_MOUNT_F_EMPTY_PATH)
    try:
        syscall(_NR_MOVE_MOUNT, f"mount on {target}", tree, b"", _AT_FDCWD, os.fsencode(target), flags)
    finally:
        os.close(tree)


def close_all_but(keep: list[int]) -> None:
    """Close every descriptor that is not in `keep`."""
    first = 0
    for number in [*sorted(set(keep)), 2**32 - 1]:
        if number > first:
            last = ctypes.c_uint(number - 1)
            syscall(_NR_CLOSE_RANGE, "close_range", ctypes.c_uint(first), last, ctypes.c_uint(0))
        first = number + 1


def drop_capabilities() -> None:
    """Give up every capability, for good and for all descendants."""
    last = int(open("/proc/sys/kernel/cap_last_cap").read())  # noqa: SIM115
    for capability in range(last + 1):
        if libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break  # not permitted: then there is none that could be given up
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    checked(libc.capset(ctypes.byref(header), (_CapabilityWord * 2)()), "capset")
    prctl(PR_SET_NO_NEW_PRIVS, 1)
