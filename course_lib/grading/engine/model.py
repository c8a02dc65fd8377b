"""What the parts of the engine hand to each other: the bundle of an assignment, a submission, a result.

All of it is plain data that survives JSON, so that a result means the same in another process, on another
machine, and after a restart.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

VERSION = 1
"""Of the formats below; a bundle or result of another version is made anew."""

STRICT, COMPAT = "strict", "compat"
MODES = (STRICT, COMPAT)

GRADED, REFUSED, FAILED = "graded", "refused", "failed"
"""Statuses of a submission: its cells were run; nothing in it could be run; the engine could not finish."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Seconds are of wall clock unless they say CPU."""

    cell_seconds: float = 60.0
    notebook_seconds: float = 600.0
    cpu_seconds: int = 600
    memory_mb: int = 3000
    processes: int = 128
    files_mb: int = 256
    files: int = 4096
    output_bytes: int = 100_000
    """Of one cell; what is beyond is cut, with a line that says so."""


@dataclass(frozen=True)
class Cell:
    """One cell of an assignment as its author wrote it.

    `source` holds the hidden tests of a test cell, and the released stub (not the solution) of a solution
    cell. `defines` are the top-level names that the author's solution gives to later cells: in the judge
    they belong to the student. `classes` are those of them that are classes: a test may compute with their
    instances. `forbidden` are dotted names that may not be used while the test runs.
    """

    kind: str
    source: str
    grade_id: str = ""
    grade: bool = False
    solution: bool = False
    task: bool = False
    locked: bool = False
    points: float = 0.0
    checksum: str = ""
    defines: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    released: str | None = None
    """What students were given, where that is not `source`: hidden tests or the marking scheme taken out."""

    @property
    def given(self) -> str:
        """The cell's source as students were given it."""
        return self.source if self.released is None else self.released

    @property
    def is_test(self) -> bool:
        """Whether the cell's outcome gives points without a person."""
        return self.grade and not self.solution

    @property
    def is_answer(self) -> bool:
        """Whether the student writes in it."""
        return self.solution or self.task


@dataclass(frozen=True)
class Notebook:
    """One notebook of an assignment; `name` has no suffix, `metadata` is the notebook's own."""

    name: str
    metadata: dict[str, Any]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bundle:
    """Everything about an assignment that grading needs, immutable and addressed by its content.

    files: the author's extra files by relative path, base64. accepts: glob patterns of extra files that are
    taken from a submission. preload: modules that a warm server imports for it. extra_cells: whether code
    cells that students add between the author's are run.
    """

    assignment: str
    notebooks: tuple[Notebook, ...]
    files: dict[str, str] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    extra_cells: bool = True
    limits: Limits = field(default_factory=Limits)
    version: int = VERSION

    @cached_property
    def text(self) -> str:
        """The bundle as canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @cached_property
    def id(self) -> str:
        """Its content address: the SHA-256 of `text`, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def file(self, path: str) -> bytes:
        """The content of one of the author's extra files."""
        return base64.b64decode(self.files[path])

    def accepts_file(self, path: str) -> bool:
        """Whether a submission's file of this relative path is taken, even in place of the author's."""
        return any(fnmatchcase(path, pattern) for pattern in self.accepts)

    @classmethod
    def from_json(cls, text: str) -> Bundle:
        """Reads `text`. Raises ValueError for another version."""
        data = json.loads(text)
        if data.get("version") != VERSION:
            raise ValueError(f"a bundle of version {data.get('version')}, not {VERSION}: export it again")
        notebooks = tuple(
            Notebook(n["name"], n["metadata"], tuple(_cell(c) for c in n["cells"]))
            for n in data.pop("notebooks")
        )
        limits = Limits(**data.pop("limits"))
        accepts, preload = tuple(data.pop("accepts")), tuple(data.pop("preload"))
        return cls(notebooks=notebooks, limits=limits, accepts=accepts, preload=preload, **data)


def _cell(data: dict[str, Any]) -> Cell:
    lists = {name: tuple(data[name]) for name in ("defines", "classes", "forbidden")}
    return Cell(**{**data, **lists})


@dataclass(frozen=True)
class Submission:
    """What a student handed in, as bytes that nobody has looked at yet.

    files: content by path relative to the submission's folder, with forward slashes. timestamp: when it was
    received, ISO 8601 in UTC, or nothing. problems: what the reader of the folder had to leave out (links,
    devices, oversized files), one line each.
    """

    student: str
    files: dict[str, bytes]
    timestamp: str = ""
    problems: tuple[str, ...] = ()

    @cached_property
    def id(self) -> str:
        """The SHA-256 of the names and contents, in hexadecimal."""
        digest = hashlib.sha256()
        for name in sorted(self.files):
            digest.update(f"{len(name)}:{name}:{len(self.files[name])}:".encode("utf-8", "surrogateescape"))
            digest.update(self.files[name])
        return digest.hexdigest()


@dataclass
class CellResult:
    """One cell of the rebuilt notebook after grading.

    source: what was run (the author's for locked cells, the student's for answers and extra cells).
    outputs: nbformat outputs, cut to the limit, harmless to show. score: points given, None where a person
    decides or nothing is graded. message: why points were lost, one or a few lines without hidden sources.
    changed: whether an answer differs from the released stub.
    """

    kind: str
    source: str
    grade_id: str = ""
    points: float = 0.0
    score: float | None = None
    message: str = ""
    changed: bool = True
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    seconds: float = 0.0
    cpu: float = 0.0
    """CPU seconds of the student's code and the test's own, in this cell."""


@dataclass
class NotebookResult:
    """One notebook of a submission; `reason` says, in one line, why its status is not `graded`."""

    name: str
    status: str = GRADED
    reason: str = ""
    cells: list[CellResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What intake repaired or dropped, one line each."""


@dataclass
class Result:
    """What grading one submission gave. `cpu` is everything it cost, `own_cpu` the student's and the tests' share."""

    student: str
    assignment: str
    bundle: str
    submission: str
    mode: str
    status: str = GRADED
    reason: str = ""
    timestamp: str = ""
    notebooks: list[NotebookResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    own_cpu: float = 0.0
    memory_mb: float = 0.0
    """Largest private memory of the student's kernel that was seen."""
    version: int = VERSION

    def score(self) -> float:
        """The points that the tests gave."""
        return sum(cell.score or 0.0 for notebook in self.notebooks for cell in notebook.cells)

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Result:
        """The inverse of `to_json`. Raises ValueError for another version."""
        if data.get("version") != VERSION:
            raise ValueError(f"a result of version {data.get('version')}, not {VERSION}: grade again")
        notebooks = [
            NotebookResult(**{**n, "cells": [CellResult(**c) for c in n["cells"]]}) for n in data["notebooks"]
        ]
        return cls(**{**data, "notebooks": notebooks})
