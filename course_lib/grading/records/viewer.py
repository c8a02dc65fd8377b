"""Makes any submitted notebook harmless on the pages that nbgrader shows to a grader.

Named in nbgrader's configuration (`c.HTMLExporter.preprocessors`): formgrader and the stock feedback then build
their pages from checked parts only, also when the notebook was graded by nbgrader itself, which keeps HTML,
scripts and SVG as a student's code printed them.
"""

from __future__ import annotations

import math
import re
from typing import Any

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.grading.engine import outputs
from course_lib.grading.records.markup import harmless

OUTPUT_BYTES = 200_000
"""Largest total of text that the outputs of one cell may have on the page."""

_NAME = re.compile(
    r"[A-Za-z0-9_-]{1,200}"
)  # of a cell, as nbgrader allows them: the templates do not escape it
_FLAGS = ("grade", "solution", "locked", "task")
_FIELDS = ("", "-comment", "_extra_credit")  # how formgrader calls the fields of a cell, after its grade_id


class Harmless(Preprocessor):
    """Rebuilds a notebook so that no script in it runs and no address in it is asked."""

    enabled = True

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """The same cells with text and pictures as outputs, harmless Markdown, and nbgrader's metadata only."""
        facts = [_facts(cell) for cell in nb.cells]
        reserved = {f"{fact['grade_id']}{field}" for fact in facts if "grade_id" in fact for field in _FIELDS}
        cells = [_cell(cell, fact, reserved) for cell, fact in zip(nb.cells, facts, strict=True)]
        for number, cell in enumerate(cells):
            cell.id = f"cell-{number}"
        return new_notebook(cells=cells), resources


def _cell(cell: NotebookNode, facts: dict[str, Any], reserved: set[str]) -> NotebookNode:
    source = str(cell.get("source", ""))
    if cell.get("cell_type") == "code":
        shown = nbformat.from_dict(outputs.sanitise(cell.get("outputs"), OUTPUT_BYTES))
        made = new_code_cell(source, outputs=shown, execution_count=_count(cell.get("execution_count")))
    else:
        made = new_markdown_cell(harmless(source, reserved))
    if facts:
        made.metadata["nbgrader"] = nbformat.from_dict(facts)
    return made


def _facts(cell: NotebookNode) -> dict[str, Any]:
    """nbgrader's metadata, where it is what nbgrader itself would have written."""
    given = cell.get("metadata", {}).get("nbgrader")
    if not isinstance(given, dict) or not _NAME.fullmatch(str(given.get("grade_id", ""))):
        return {}
    facts: dict[str, Any] = {"grade_id": str(given["grade_id"])}
    facts |= {flag: given.get(flag) is True for flag in _FLAGS}
    points = given.get("points", 0)
    usable = isinstance(points, int | float) and math.isfinite(points)
    return facts | {"points": float(points) if usable else 0.0}


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 1 << 31 else None
