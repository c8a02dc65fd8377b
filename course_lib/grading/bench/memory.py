"""Private memory of kernels while several of them run, seen from outside."""

from __future__ import annotations

import os
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import psutil

from course_lib.kernels.place import private_memory

_SERVER = "course_lib.kernels.server"


class Watch:
    """Looks at the warm servers whose files lie in `folder` and at what was forked from them.

    A kernel is what runs in one process namespace, or, where the sandbox has none, one process below a server.
    peaks: largest private memory that was seen of each kernel, in MB. concurrent: most kernels at a time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.concurrent = 0
        self._peaks: dict[object, float] = {}

    @property
    def peaks(self) -> list[float]:
        """Of every kernel that was seen, largest first."""
        return sorted(self._peaks.values(), reverse=True)

    def look(self, _: int = 0) -> None:
        """One look; kernels that end meanwhile count with what was seen of them."""
        kernels: dict[object, float] = defaultdict(float)
        for server in psutil.process_iter(["cmdline"]):
            line = server.info["cmdline"] or []
            if _SERVER in line and any(part.startswith(self.folder) for part in line) and _is_server(server):
                for process in _below(server):
                    with suppress(psutil.Error, OSError):
                        # The start tells two kernels apart that had the same number.
                        kernels[_namespace(process.pid) or (process.pid, process.create_time())] += (
                            private_memory(process.pid)
                        )
        self.concurrent = max(self.concurrent, len(kernels))
        for kernel, megabytes in kernels.items():
            self._peaks[kernel] = max(self._peaks.get(kernel, 0.0), megabytes)


def _is_server(process: psutil.Process) -> bool:
    """Not one of its forks, which have the same command line until they change it."""
    try:
        parent = process.parent()
        return parent is None or _SERVER not in parent.cmdline()
    except psutil.Error:
        return False


def _below(server: psutil.Process) -> list[psutil.Process]:
    try:
        everything = server.children(recursive=True)
    except psutil.Error:
        return []
    inside = [process for process in everything if _namespace(process.pid)]
    # Where there are sandboxes, what is outside of them is their keepers, which share all their pages.
    return inside or everything


def _namespace(pid: int) -> str:
    """The process namespace of a process, empty where it is ours."""
    try:
        found = os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return ""
    return "" if found == os.readlink("/proc/self/ns/pid") else found
