"""What an attack is: a hostile submission, and its innocent twin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.grading.attacks.task import BUNDLE, NAME

FACTS = ("canary", "gradebook", "neighbour", "solutions", "home", "warm", "process", "sandbox", "port", "udp")
"""What the attackers know already: `@name@` in their code becomes the path or number on this machine."""

TELL = """\
import os
def tell(what, attempt):
    try:
        got = attempt()
    except BaseException as problem:
        got = f"{type(problem).__name__}: {getattr(problem, 'strerror', None) or problem}"
    print(f"{what}: {got}")
"""
"""Comes first in the code of those who only try: they report what they got."""

Edit = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Work:
    """A submission. answers: by grade_id, those of the task otherwise. edit: changes the notebook's JSON.

    extra: a cell to add after that of a grade_id. files: beside the notebook. raw: the notebook's bytes instead.
    place: called with the folder of all submissions and the student's name, writes everything itself.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    edit: Edit | None = None
    raw: bytes | None = None
    place: Callable[[Path, str], None] | None = None

    def hand_in(
        self, folder: Path, student: str, answers: Mapping[str, str], facts: Mapping[str, str]
    ) -> None:
        """Write it as nbgrader's exchange would have left it."""
        if self.place is not None:
            self.place(folder, student)
            return
        mine = folder / student / NAME
        for name, content in {f"{NAME}.ipynb": self.content(answers, facts), **self.files}.items():
            (mine / name).parent.mkdir(parents=True, exist_ok=True)
            (mine / name).write_bytes(content)

    def content(self, answers: Mapping[str, str], facts: Mapping[str, str]) -> bytes:
        """The notebook's bytes; `answers` are for what this work does not answer itself."""
        if self.raw is not None:
            return self.raw
        made = notebook({**answers, **self.answers}, self.extra, facts)
        if self.edit is not None:
            self.edit(made)
        return json.dumps(made).encode()


def notebook(
    answers: Mapping[str, str], extra: Mapping[str, str] | None = None, facts: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The released notebook with answers, as JSON."""
    cells = []
    for number, cell in enumerate(BUNDLE.notebooks[0].cells):
        flags = ("grade_id", "grade", "solution", "task", "locked", "points", "checksum")
        named = {"nbgrader": {key: getattr(cell, key) for key in flags}} if cell.grade_id else {}
        source = filled(answers.get(cell.grade_id, cell.given), facts or {})
        cells.append(_cell(cell.kind, source, named, f"c{number}"))
        if cell.grade_id in (extra or {}):
            added = filled((extra or {})[cell.grade_id], facts or {})
            cells.append(_cell("code", added, {}, f"x{number}"))
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def cell_of(made: dict[str, Any], grade_id: str) -> dict[str, Any]:
    """A cell of a notebook made by `notebook`."""
    return next(c for c in made["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def filled(source: str, facts: Mapping[str, str]) -> str:
    """`source` with the facts in place of their names."""
    for name, value in facts.items():
        source = source.replace(f"@{name}@", value)
    return source


def _cell(kind: str, source: str, metadata: dict[str, Any], name: str) -> dict[str, Any]:
    ran: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": metadata, "id": name, **ran}


@dataclass(frozen=True)
class Attack:
    """One attempt, and what becomes of it.

    row: its number in the catalogue. tried, innocent: for the instructor's page. hostile: its answers are wrong,
    and must get no points, unless `honest_work`. score: what it gets, exactly: harm must not cost its author more
    than the cell that does it. shows: what the page quotes of the result: the "message" of the first failing
    test, the "notes", the "reason" of a refusal, what its code has "printed", how that was "cut", what a browser
    does with the "views" of it, a spreadsheet with its "table", or nothing but the "score". before: handed in
    and graded first.
    """

    row: int
    name: str
    tried: str
    innocent: str
    hostile: Work
    honest: Work = field(default_factory=Work)
    honest_work: bool = False
    score: float = 0.0
    shows: str = "message"
    before: Work | None = None
    twin_raises: bool = False
    """Whether it belongs to the twin that a cell of its own raises something."""
    landlock_twin: bool = True
    """Whether its twin works at the level "landlock", too."""
    races: bool = False
    """Whether its words hang on what comes first: one of its own threads, or one of several limits."""

    @property
    def id(self) -> str:
        """Its name in the tests."""
        return f"{self.row:02d}-{self.name}"


def trying(code: str, **changes: Any) -> Work:
    """Honest answers, and before the first of them a cell of somebody who tries something and reports it."""
    return Work(extra={"setup": f"{TELL}{code}", **changes.pop("extra", {})}, **changes)


def wrong(code: str, task: str = "average", **changes: Any) -> Work:
    """Code that shall make wrong answers right, in the cell after the set-up."""
    return Work(extra={"setup": code}, **changes)
