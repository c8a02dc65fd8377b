"""What a sandbox uses, seen from outside through /proc; nothing inside can change what is read here."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_FEW = 2
"""Processes of a sandbox whose student has not started any: its own, and the namespace's first."""


@dataclass(frozen=True)
class Usage:
    """What all processes inside one sandbox use together.

    processes: how many there are. threads: theirs together. memory_mb: memory that ending the sandbox would
    give back, without files. cpu: CPU seconds up to now, with those of ended processes that were waited for.
    """

    processes: int
    threads: int
    memory_mb: float
    cpu: float


def usage(keeper: int, *, exact: bool = False) -> Usage:
    """What the sandbox whose keeper has process id `keeper` uses now; all zero when it has ended.

    While there is but one process, the memory is what it has beyond the warm server's: what it has changed
    in place is missing, at most the server's own. This takes a fifth of a millisecond. `exact` counts that,
    too, and takes some milliseconds per process, as it does anyway once there are several.
    """
    members = descendants(keeper)
    threads, cpu = 0, 0.0
    memory = _Memory(keeper, exact or len(members) > _FEW)
    counted = 0
    for pid in members:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            memory.add(pid)
            # The clock of a process has a finer resolution than the ticks of its ended children.
            cpu += time.clock_gettime(~pid << 3 | 2) + (int(fields[13]) + int(fields[14])) / _TICK
        except OSError:  # it has ended meanwhile
            continue
        threads += int(fields[17])
        counted += 1
    return Usage(counted, threads, memory.total_mb(), cpu)


class _Memory:
    """Adds up the memory of processes that share pages with the warm server, and with each other."""

    def __init__(self, keeper: int, exact: bool) -> None:
        self.exact = exact
        self.private = self.proportional = self.shared_memory = self.grown = 0
        # The keeper is a fork of the server as well, and has changed next to nothing.
        self.inherited = 0
        with suppress(OSError):
            self.inherited = _kilobytes(f"/proc/{keeper}/status", "RssAnon")["RssAnon"]

    def add(self, pid: int) -> None:
        """Count process `pid`. Raises OSError if it has ended."""
        if self.exact:
            names = ("Private_Clean", "Private_Dirty", "Pss_Anon", "Pss_Shmem")
            found = _kilobytes(f"/proc/{pid}/smaps_rollup", *names)
            self.private += found["Private_Clean"] + found["Private_Dirty"]
            self.proportional += found["Pss_Anon"]
            self.shared_memory += found["Pss_Shmem"]
        else:
            found = _kilobytes(f"/proc/{pid}/status", "RssAnon", "RssShmem")
            self.grown += max(0, found["RssAnon"] + found["RssShmem"] - self.inherited)

    def total_mb(self) -> float:
        """The sum, in megabytes."""
        # What the processes share among themselves is private to none; all shares of what they inherited
        # are together no more than that.
        anonymous = max(self.private, self.proportional - self.inherited)
        return (anonymous + self.shared_memory + self.grown) / 1024


def _kilobytes(path: str, *names: str) -> dict[str, int]:
    """The named fields of a file of /proc; 0 for one that is not there, as in a process that has ended."""
    found = dict.fromkeys(names, 0)
    for line in Path(path).read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in found:
            found[name] = int(rest.split()[0])
    return found


def descendants(pid: int) -> list[int]:
    """The process ids of all that descends from process `pid`."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        try:
            threads = os.listdir(f"/proc/{parent}/task")
        except OSError:
            continue
        for thread in threads:
            try:
                children = Path(f"/proc/{parent}/task/{thread}/children").read_text()
            except OSError:
                continue
            new = [int(child) for child in children.split()]
            found += new
            waiting += new
    return found
