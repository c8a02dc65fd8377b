"""What a forked kernel inherits from its server and cannot change (Linux)."""

from __future__ import annotations

import os
import resource
from pathlib import Path


def process_status() -> dict[str, str]:
    """The fields of ``/proc/self/status``, by name."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def place(threads_are_fixed: bool) -> list[object]:
    """This process's place in the operating system: a kernel must not be forked across such a border.

    User and capabilities, namespaces, control group, priority, hard limits and, unless `threads_are_fixed`
    (``OMP_NUM_THREADS`` is set), the processors.
    """
    status = process_status()
    wanted = ("Uid", "Gid", "Groups", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp", "Seccomp_filters")
    namespaces = [os.readlink(f"/proc/self/ns/{name}") for name in sorted(os.listdir("/proc/self/ns"))]
    hard_limits = [resource.getrlimit(limit)[1] for limit in limits()]
    # OpenMP counts the processors when it is loaded, unless it is told how many threads to use.
    processors = None if threads_are_fixed else sorted(os.sched_getaffinity(0))
    return [
        *(status.get(name, "") for name in wanted),
        namespaces,
        Path("/proc/self/cgroup").read_text(),
        os.getpriority(os.PRIO_PROCESS, 0),
        hard_limits,
        processors,
    ]


def limits() -> list[int]:
    """The resource limits of this platform, in a fixed order."""
    return sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")})


def soft_limits() -> list[tuple[int, int]]:
    """Every resource limit with the value now in force for this process."""
    return [(limit, resource.getrlimit(limit)[0]) for limit in limits()]


def private_memory(pid: int) -> float:
    """Megabytes that the process `pid` has for itself: what ending it would give back."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
