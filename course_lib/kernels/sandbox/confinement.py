"""What a sandbox is asked to be: plain data, so that it crosses to the warm server."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACES, LANDLOCK, NONE = "namespaces", "landlock", "none"
LEVELS = (NAMESPACES, LANDLOCK, NONE)
"""Best first. "none" confines nothing but the resource limits: it is for one's own code."""

USER = "student"
HOME = f"/home/{USER}"
"""Home and working directory inside a sandbox of the level "namespaces"."""


@dataclass(frozen=True)
class Confinement:
    """Limits on everything inside one sandbox together, unless they say "per process".

    memory_mb: memory a process may add to what it inherits (per process; watch `usage` for the sum).
    cpu_seconds: CPU time (per process). processes: processes and threads. files_mb, files: what may be
    written below HOME, /tmp and /dev/shm, in megabytes and in number of files. read_only: folders of this
    machine that are visible beside the system's and Python's own. level: one of LEVELS.
    """

    memory_mb: int
    cpu_seconds: int
    processes: int
    files_mb: int
    files: int
    read_only: tuple[str, ...] = ()
    level: str = NAMESPACES

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"unknown level of confinement {self.level!r}; known: {', '.join(LEVELS)}")
        for name in ("memory_mb", "cpu_seconds", "processes", "files_mb", "files"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        # JSON gives a list.
        object.__setattr__(self, "read_only", tuple(self.read_only))
