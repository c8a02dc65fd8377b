"""What this machine can give a sandbox: every level is started and attacked, nothing is taken on trust."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from dataclasses import dataclass

from course_lib.kernels.sandbox.confinement import LANDLOCK, NAMESPACES, NONE

_SECONDS = 120.0

_MEANS = {
    NAMESPACES: "own users, processes, files, network and names; a system call filter; resource limits",
    LANDLOCK: "Landlock for files and network; a system call filter; resource limits",
    NONE: "resource limits only",
}
_WEAKER = {
    LANDLOCK: (
        "names and sizes of files, and numbers of processes, can be seen",
        "the size of files is watched, not limited: a burst may pass it for a moment",
        "no connections, not even among the sandbox's own processes; no changes of modes and times of files",
        "no shared memory, and so none of multiprocessing's locks and pools",
    ),
}


@dataclass(frozen=True)
class Trial:
    """One level tried: `reason` says why it could not be started, `breaches` what got through."""

    level: str
    reason: str = ""
    breaches: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether code that wants to do harm may run at this level."""
        return not self.reason and not self.breaches


@dataclass(frozen=True)
class Protections:
    """The levels of confinement as they were found on this machine, best first."""

    trials: tuple[Trial, ...]

    def level(self) -> str:
        """The best level that holds; "none" if there is no such."""
        return next((trial.level for trial in self.trials if trial.holds), NONE)

    def lines(self) -> list[str]:
        """What a person wants to know, in a few lines."""
        best = self.level()
        return [
            f"sandbox: {best} ({_MEANS[best]})",
            *(f"weaker than with namespaces: {line}" for line in _WEAKER.get(best, ())),
            *(f"not here: {line}" for line in self._failed_before(best)),
        ]

    def missing_for_strict(self) -> list[str]:
        """Why submissions cannot be confined here, a line for each level; empty if they can."""
        return self._failed_before(NONE) if self.level() == NONE else []

    def _failed_before(self, best: str) -> list[str]:
        lines = []
        for trial in self.trials:
            if trial.level == best:
                break
            lines.append(f"{trial.level} ({trial.reason or ', '.join(trial.breaches)})")
        return lines


@functools.cache
def protections() -> Protections:
    """Try out every level, in a process of its own, once per process. Takes about a second.

    Raises OSError if not even that process can be run.
    """
    if not sys.platform.startswith("linux"):
        return Protections(tuple(Trial(level, "needs Linux") for level in (NAMESPACES, LANDLOCK)))
    # This process may have threads, and must not be forked.
    run = subprocess.run(
        [sys.executable, "-m", "course_lib.kernels.sandbox.trials"],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        raise OSError(f"the sandbox could not be tried out: {run.stderr.strip().rpartition(chr(10))[2]}")
    return Protections(
        tuple(
            Trial(found["level"], found["reason"], tuple(found["breaches"]))
            for found in json.loads(run.stdout)
        )
    )
