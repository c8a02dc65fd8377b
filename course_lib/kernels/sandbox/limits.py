"""Resource limits of a sandbox, relative to what a fork of the warm server inherits."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from course_lib.kernels.place import process_status
from course_lib.kernels.sandbox.confinement import NAMESPACES, Confinement

_MB = 1 << 20
_RESERVED = 8192 * _MB
"""Address space that allocators reserve per thread and never touch: it must not count as memory."""

_MOST_OPEN_FILES = 1024
_STACK = 8 * _MB
_DEEPEST_STACK = 64 * _MB
_LOCKED = 64 * 1024


def apply(confinement: Confinement) -> None:
    """Set the limits for this process and its descendants; they cannot be raised again. Raises OSError."""
    status = process_status()
    inherited = {name: int(status[name].split()[0]) * 1024 for name in ("VmData", "VmSize")}
    memory = confinement.memory_mb * _MB
    # In a user namespace of its own only the sandbox's processes are counted, elsewhere all of the user's.
    others = 0 if confinement.level == NAMESPACES else _tasks_of(os.getuid())
    wanted = {
        resource.RLIMIT_CPU: (confinement.cpu_seconds, confinement.cpu_seconds + 1),
        resource.RLIMIT_DATA: _both(inherited["VmData"] + memory),
        # Shared anonymous memory is no data; it is address space.
        resource.RLIMIT_AS: _both(inherited["VmSize"] + memory + _RESERVED),
        resource.RLIMIT_NPROC: _both(others + confinement.processes),
        resource.RLIMIT_FSIZE: _both(confinement.files_mb * _MB),
        resource.RLIMIT_NOFILE: _both(_MOST_OPEN_FILES),
        resource.RLIMIT_STACK: (_STACK, _DEEPEST_STACK),
        resource.RLIMIT_MEMLOCK: _both(_LOCKED),
        resource.RLIMIT_CORE: _both(0),
    }
    for limit, (soft, hard) in wanted.items():
        ceiling = resource.getrlimit(limit)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(limit, (soft, hard))


def _both(value: int) -> tuple[int, int]:
    return value, value


def _tasks_of(user: int) -> int:
    """How many processes and threads belong to `user` now."""
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == user:
                    count += len(os.listdir(Path(entry.path, "task")))
            except OSError:  # it ended while we looked
                continue
    return count
