"""End processes that have got away from whoever started them, where no process namespace does it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from course_lib.kernels.sandbox import syscalls
from course_lib.kernels.sandbox.usage import descendants

_PAUSE = 0.001


def adopt_orphans() -> None:
    """From now on, descendants of this process that lose their parent become its children. Raises OSError."""
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)


def end_children(spared: Collection[int] = ()) -> None:
    """Kill and collect every child of this process that is not `spared`, with all that descends from it."""
    while mine := [child for child in _children() if child not in spared]:
        for pid in _freeze(mine):
            kill(pid)
        # In any order: the first process of a namespace ends only after the others have been collected.
        while mine := [pid for pid in mine if not _collected(pid)]:
            time.sleep(_PAUSE)
        # Their children, if any, have become ours.


def kill(pid: int) -> None:
    """Kill process `pid`, if it still runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _collected(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _freeze(roots: list[int]) -> set[int]:
    """Stop `roots` and all that descends from them: what does not run cannot start more while it is killed."""
    stopped: set[int] = set()
    while new := {*roots, *(pid for root in roots for pid in descendants(root))} - stopped:
        for pid in new:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        stopped |= new
    return stopped
