"""Small assignments, and submissions to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

from nbformat import NotebookNode, from_dict
from nbgrader.utils import compute_checksum

from course_lib.grading.engine.arranging import RebuiltCell
from course_lib.grading.engine.model import STRICT, Bundle, Cell, Limits, Notebook, Submission
from course_lib.grading.engine.runner import Ran, Runner

NAME = "task"


def setup(source: str) -> Cell:
    """A locked cell of the author's that gives no points."""
    return Cell("code", source, f"setup_{crc32(source.encode())}", locked=True)


def answer(grade_id: str, stub: str = "raise NotImplementedError", defines: Sequence[str] = ()) -> Cell:
    """A cell in which students write."""
    return Cell("code", stub, grade_id, solution=True, defines=tuple(defines) or (grade_id,))


def check(grade_id: str, source: str, points: float = 1.0, **more: Any) -> Cell:
    """A test."""
    return Cell("code", source, grade_id, grade=True, locked=True, points=points, **more)


def essay(grade_id: str, kind: str = "markdown", points: float = 3.0) -> Cell:
    """A cell that a person grades."""
    source = "YOUR ANSWER HERE"
    flags = {"grade_id": grade_id, "grade": True, "solution": True, "locked": False, "points": points}
    node = NotebookNode(cell_type=kind, source=source, metadata={"nbgrader": flags})
    checksum = compute_checksum(from_dict(node))
    return Cell(kind, source, grade_id, grade=True, solution=True, points=points, checksum=checksum)


def bundle(*cells: Cell, preload: Sequence[str] = (), **limits: Any) -> Bundle:
    """An assignment of one notebook. `limits` are those of `Limits`; a cell may take 5 s."""
    chosen = Limits(**{"cell_seconds": 5.0, "notebook_seconds": 60.0, **limits})
    return Bundle(NAME, (Notebook(NAME, {}, tuple(cells)),), preload=tuple(preload), limits=chosen)


def hand_in(
    assignment: Bundle,
    answers: Mapping[str, str],
    *,
    student: str = "ada",
    extra: Mapping[str, str] | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Submission:
    """The released notebook with `answers` by grade_id. extra: a code cell to add after that of a grade_id."""
    cells: list[dict[str, Any]] = []
    for cell in assignment.notebooks[0].cells:
        flags = {key: getattr(cell, key) for key in ("grade_id", "grade", "solution", "locked", "points")}
        metadata = {"nbgrader": flags} if cell.grade_id else {}
        cells.append(_cell(cell.kind, answers.get(cell.grade_id, cell.given), metadata))
        if cell.grade_id in (extra or {}):
            cells.append(_cell("code", (extra or {})[cell.grade_id], {}))
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    name = f"{assignment.notebooks[0].name}.ipynb"
    return Submission(student, {name: json.dumps(notebook).encode(), **(files or {})})


def _cell(kind: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    ran = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": metadata, **ran}


def run(*sources: str, mode: str = "compat", preload: Sequence[str] = (), **limits: Any) -> list[Ran]:
    """What happens when a student's cells run one after the other."""
    cells = [RebuiltCell("code", source) for source in sources]
    with Runner(bundle(preload=preload, **limits), cells, mode=mode) as runner:
        return [ran for ran in runner.run() if ran is not None]


__all__ = ["STRICT", "answer", "bundle", "check", "essay", "hand_in", "run", "setup"]
