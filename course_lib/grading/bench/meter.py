"""CPU time of a command and of everything it ever starts, however far that detaches itself.

The sums that a process keeps of its children miss what was not waited for: daemons, and whole sandboxes. A
control group misses nothing.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

import psutil

_JOIN = 'echo $$ > "$0" && exec "$@"'
"""A shell's work: join the group whose file is `$0`, then become the command."""

_GOODBYE_SECONDS = 10.0


class Meter:
    """Runs commands and counts their CPU seconds; a context manager, which ends what is left at its end.

    exact: whether a control group of its own counts. Where none can be made (it takes the right to write
    below the process's own group of the unified hierarchy), `cpu` is what the whole machine has used since,
    which is too much on a machine that does something else as well.
    """

    def __init__(self) -> None:
        self.group: Path | None = None
        self._offset = 0.0

    @property
    def exact(self) -> bool:
        """Whether `cpu` counts the commands alone."""
        return self.group is not None

    def __enter__(self) -> Meter:
        self.group = _new_group()
        self._offset = machine_cpu()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.group is None:
            return
        (self.group / "cgroup.kill").write_text("1")
        end = time.monotonic() + _GOODBYE_SECONDS
        while _members(self.group) and time.monotonic() < end:
            time.sleep(0.02)
        for inner in sorted((p for p in self.group.rglob("*") if p.is_dir()), reverse=True):
            inner.rmdir()
        self.group.rmdir()

    def start(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        output: IO[bytes] | int,
    ) -> subprocess.Popen[bytes]:
        """Start a command; what it writes, errors included, goes to `output`."""
        if self.group is not None:
            command = ["/bin/sh", "-c", _JOIN, str(self.group / "cgroup.procs"), *command]
        return subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )

    def cpu(self) -> float:
        """CPU seconds, user and system, since the meter was entered."""
        if self.group is None:
            return machine_cpu() - self._offset
        fields = dict(line.split() for line in (self.group / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) / 1e6


def machine_cpu() -> float:
    """CPU seconds that the whole machine has used since it was started."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


def _members(group: Path) -> bool:
    return any(path.read_text().strip() for path in group.rglob("cgroup.procs"))


def _new_group() -> Path | None:
    """A control group of the unified hierarchy that this process may move processes into, if there is one."""
    mounted = next((p.mountpoint for p in psutil.disk_partitions(all=True) if p.fstype == "cgroup2"), None)
    own = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    if mounted is None or not own:
        return None
    group = Path(mounted) / own[0].lstrip("/") / f"course-bench-{os.getpid()}-{time.monotonic_ns()}"
    try:
        group.mkdir()
    except OSError:
        return None
    joined = subprocess.run(
        ["/bin/sh", "-c", _JOIN, str(group / "cgroup.procs"), "true"], capture_output=True
    )
    if joined.returncode or not (group / "cpu.stat").exists():
        group.rmdir()
        return None
    return group
