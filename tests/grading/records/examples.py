"""A small assignment as a bundle, and results for it made by hand."""

from dataclasses import replace

from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.utils import compute_checksum

from course_lib.grading.engine.model import (
    COMPAT,
    FAILED,
    GRADED,
    REFUSED,
    Bundle,
    Cell,
    CellResult,
    Notebook,
    NotebookResult,
    Result,
)

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def cell(kind: str, grade_id: str, source: str, *, points: float = 0, **flags: bool) -> Cell:
    """A cell of the author's with the checksum that nbgrader gives it."""
    made = Cell(kind=kind, source=source, grade_id=grade_id, points=points, **flags)
    new = new_code_cell if kind == "code" else new_markdown_cell
    facts = {"grade_id": grade_id, "points": points, **{"grade": False, "solution": False, **flags}}
    return replace(made, checksum=compute_checksum(new(source, metadata={"nbgrader": facts})))


def bundle(points: float = 3) -> Bundle:
    """Two notebooks: one with every kind of cell, one with a single test."""
    sums = (
        Cell(kind="markdown", source="# Sums\n\n<div class='note'>Add.</div>"),
        cell("code", "setup", "import math", locked=True),
        cell("code", "total", "def total(numbers):\n    raise NotImplementedError()", solution=True),
        cell("code", "test_total", "assert total([1, 2]) == 3", grade=True, locked=True, points=points),
        cell("markdown", "why", "YOUR ANSWER HERE", grade=True, solution=True, points=2),
        cell("markdown", "draw", "Draw it by hand.", task=True, points=4),
    )
    more = (
        cell("code", "more", "answer = None", solution=True),
        cell("code", "test_more", "assert answer == 42", grade=True, locked=True, points=1),
    )
    return Bundle("adding", (Notebook("more", METADATA, more), Notebook("sums", METADATA, sums)))


ANSWERS = {
    "total": "def total(numbers):\n    return sum(numbers)",
    "why": "Because $1 < 2$.",
    "more": "answer = 42",
}


def result(
    student: str = "ann",
    scores: dict[str, float] | None = None,
    answers: dict[str, str] | None = None,
    *,
    of: Bundle | None = None,
    **changes: object,
) -> Result:
    """A graded submission: full marks and answers to everything, unless told otherwise."""
    of = of or bundle()
    answers = ANSWERS if answers is None else answers
    notebooks = []
    for notebook in of.notebooks:
        cells = []
        for number, made in enumerate(notebook.cells):
            changed = made.is_answer and made.grade_id in answers
            given = (scores or {}).get(made.grade_id, made.points) if made.is_test else None
            if made.grade and made.solution and not changed:
                given = 0.0
            cells.append(
                CellResult(
                    kind=made.kind,
                    source=answers[made.grade_id] if changed else made.source,
                    grade_id=made.grade_id,
                    points=made.points,
                    score=given,
                    changed=changed,
                    execution_count=number if made.kind == "code" else None,
                )
            )
        notebooks.append(NotebookResult(notebook.name, cells=cells))
    made = Result(student, of.assignment, of.id, "0" * 64, COMPAT, GRADED, notebooks=notebooks)
    return replace(made, **changes)


def unreadable(student: str = "ann", **changes: object) -> Result:
    """A submission whose notebooks could not be read."""
    refused = [NotebookResult(n.name, REFUSED, "not a notebook: invalid JSON") for n in bundle().notebooks]
    return result(student, status=REFUSED, reason="nothing could be read", notebooks=refused, **changes)


def lost(student: str = "ann", **changes: object) -> Result:
    """A submission that the engine could not finish."""
    return result(student, status=FAILED, reason="the worker was lost twice", notebooks=[], **changes)
