"""Which task each cell of an assignment belongs to, read from the author's headings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from course_lib.grading.engine.model import Notebook
from course_lib.grading.records.pages import headings

_POINTS = re.compile(r"\s*[(\[]\s*[\d.]+\s*(points?|marks?|pts?)\s*[)\]]\s*$", re.IGNORECASE)


def title(notebook: Notebook) -> str:
    """The notebook's own heading, or its name."""
    for cell in notebook.cells:
        if cell.kind == "markdown" and not cell.is_answer:
            for level, text in headings(cell.source):
                return text if level == 1 else notebook.name
    return notebook.name


def sections(notebook: Notebook) -> list[str]:
    """For each cell, the heading it stands under, without its points; "" before the first one.

    The first heading of the first level is the notebook's own. A deeper heading after an answer ("Hints")
    belongs to the task it stands in.
    """
    found: list[str] = []
    current, depth, inside, first = "", 0, False, True
    for cell in notebook.cells:
        if cell.kind == "markdown" and not cell.solution:
            for level, text in headings(cell.source):
                own = first and level == 1
                first = False
                if own or (inside and level > depth):
                    continue
                current, depth, inside = _POINTS.sub("", text), level, False
        inside = inside or cell.grade or cell.is_answer
        found.append(current)
    return found


def titles(notebook: Notebook) -> dict[str, str]:
    """What to call each graded cell before people, by grade_id: its task's heading, or the grade_id."""
    graded = [
        (cell, name)
        for cell, name in zip(notebook.cells, sections(notebook), strict=True)
        if cell.grade or cell.task
    ]
    names = [name for _, name in graded]
    return {cell.grade_id: _distinct(cell.grade_id, name, names) for cell, name in graded}


def _distinct(grade_id: str, name: str, names: Sequence[str]) -> str:
    if not name:
        return grade_id
    return f"{name} ({grade_id})" if names.count(name) > 1 else name
