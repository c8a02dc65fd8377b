"""Landlock: what is left where namespaces are forbidden, as in most pods of a cluster.

It confines files, TCP and, on newer kernels, signals and abstract sockets, for the process that asks and its
descendants. See the kernel's ``Documentation/userspace-api/landlock.rst``.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Iterator
from contextlib import suppress

from course_lib.kernels.sandbox import filesystem, syscalls
from course_lib.kernels.sandbox.confinement import Confinement

_NR_CREATE_RULESET, _NR_ADD_RULE, _NR_RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights to files a version knows, from which version on."""

_NETWORK_VERSION, _SCOPE_VERSION = 4, 6
_ALL_TCP = 0b11
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

_READ = _EXECUTE | _READ_FILE | _READ_DIR
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PROCESS_FILES = (
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/version",
    "/proc/filesystems",
)
_SETTINGS = ("passwd", "group", "hosts", "nsswitch.conf")
_NOBODY = 65534
SUBFOLDERS = ("home", "tmp")
"""Of the private folder: home and working directory, and temporary files."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@functools.cache
def version() -> int:
    """The version of Landlock that this kernel speaks; 0 for none."""
    result = syscalls.libc.syscall(
        ctypes.c_long(_NR_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_ASK_VERSION)
    )
    return max(result, 0)


def confines_signals() -> bool:
    """Whether Landlock itself keeps signals from reaching processes outside."""
    return version() >= _SCOPE_VERSION


def become_student(folder: str) -> None:
    """Lay out the private `folder`, go to its home; if this is root, be nobody. Raises OSError."""
    folders = [folder, *(os.path.join(folder, name) for name in SUBFOLDERS)]
    for path in folders:
        os.makedirs(path, mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(path, _NOBODY, _NOBODY)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        if not os.access(os.__file__, os.R_OK):
            raise OSError(
                "only root can read this Python; install it where everybody can, or be another user"
            )
    _, home, temporary = folders
    os.chdir(home)
    os.environ["TMPDIR"] = temporary


def sizes(folder: str) -> Iterator[int]:
    """The bytes on disk of every file and folder below `folder`, except those that vanish meanwhile."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                yield os.lstat(os.path.join(place, name)).st_blocks * 512


def restrict(confinement: Confinement, folder: str) -> None:
    """From now on: what `filesystem.visible` says may be read, `folder` written, no TCP, and nothing else.

    Needs "no new privileges". Raises OSError.
    """
    known = version()
    if known == 0:
        raise OSError("this kernel has no Landlock")
    everything = (1 << max(count for since, count in _FILE_RIGHTS.items() if since <= known)) - 1
    wanted = _Ruleset(
        files=everything,
        tcp=_ALL_TCP if known >= _NETWORK_VERSION else 0,
        scoped=_ABSTRACT_SOCKETS_AND_SIGNALS if known >= _SCOPE_VERSION else 0,
    )
    # An older kernel refuses fields that it does not know, unless they are zero.
    size = ctypes.c_size_t(ctypes.sizeof(wanted))
    ruleset = syscalls.syscall(
        _NR_CREATE_RULESET, "Landlock rules", ctypes.byref(wanted), size, ctypes.c_uint(0)
    )
    try:
        settings = [f"/etc/{name}" for name in (*filesystem.SETTINGS, *_SETTINGS)]
        readable = [*filesystem.visible(confinement), *settings, filesystem.PROCESSORS, *_PROCESS_FILES]
        for path in readable:
            _allow(ruleset, path, _READ)
        for path in _DEVICES:
            _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _TRUNCATE) & everything)
        _allow(ruleset, folder, everything)
        syscalls.syscall(_NR_RESTRICT_SELF, "Landlock", ruleset, ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow `rights` at and below `path`, if that exists."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not os.path.isdir(path):
            rights &= _EXECUTE | _READ_FILE | _WRITE_FILE | _TRUNCATE
        rule = _PathRule(rights, parent)
        syscalls.syscall(
            _NR_ADD_RULE,
            f"Landlock rule for {path}",
            ruleset,
            _PATH_BENEATH,
            ctypes.byref(rule),
            ctypes.c_uint(0),
        )
    finally:
        os.close(parent)
