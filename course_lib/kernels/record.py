"""How many kernels started warm, how many cold, and why.

Every start is remembered in this process. Inside `recording()` it is also appended to a file that child
processes find through an environment variable, so that a run spread over several processes adds up.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

RECORD_VARIABLE = "COURSE_KERNEL_RECORD"

_here: list[dict[str, str]] = []


@dataclass(frozen=True)
class Counts:
    """Kernel starts: `warm` and `cold` are numbers of starts, `reasons` says why the cold ones were cold."""

    warm: int = 0
    cold: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        why = "; ".join(f"{number} x {reason}" for reason, number in sorted(self.reasons.items()))
        return f"{self.warm} warm, {self.cold} cold" + (f" ({why})" if why else "")


def note_start(kind: str, reason: str = "") -> None:
    """Remember one kernel start of `kind` "warm" or "cold"; a cold one has a `reason`."""
    entry = {"kind": kind, "reason": reason}
    _here.append(entry)
    path = os.environ.get(RECORD_VARIABLE)
    if path:
        # One short write to a file opened for appending: starts in parallel processes do not mix.
        with open(path, "a", encoding="utf-8") as record:
            record.write(json.dumps(entry) + "\n")


def counts() -> Counts:
    """The kernels started so far: by the process tree inside `recording()`, else by this process."""
    path = os.environ.get(RECORD_VARIABLE)
    entries = _read(Path(path)) if path else _here
    kinds = Counter(entry["kind"] for entry in entries)
    reasons = Counter(entry["reason"] for entry in entries if entry["kind"] == "cold")
    return Counts(kinds["warm"], kinds["cold"], dict(reasons))


def _read(record: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]


@contextmanager
def recording() -> Iterator[None]:
    """Count the starts of this process and of its children from here on; read them inside with `counts()`."""
    before = os.environ.get(RECORD_VARIABLE)
    handle, path = tempfile.mkstemp(prefix="course-kernels-", suffix=".jsonl")
    os.close(handle)
    os.environ[RECORD_VARIABLE] = path
    try:
        yield
    finally:
        if before is None:
            del os.environ[RECORD_VARIABLE]
        else:
            os.environ[RECORD_VARIABLE] = before
        os.unlink(path)
