"""An assignment with headings and hidden tests, and results for it made by hand, as pages show them."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from PIL import Image

from course_lib.grading.engine.model import Bundle, Cell, CellResult, Notebook, NotebookResult, Result
from course_lib.grading.source import BEGIN_HIDDEN, END_HIDDEN

HIDDEN_LINE = 'assert area(7.25, 3.5) == 25.375, "not for other rectangles"'

VISIBLE = 'assert area(2, 3) == 6, "2 by 3 gives 6: did you multiply?"'

TEST_AREA = f"""\
{VISIBLE}
{BEGIN_HIDDEN}
{HIDDEN_LINE}
{END_HIDDEN}"""

STUB = "def {name}(a, b):\n    raise NotImplementedError()"

CELLS = (
    Cell("markdown", "# Rectangles\n\nTwo functions and a question."),
    Cell("code", "import math", "setup", locked=True),
    Cell("markdown", "## 1. The area (2 points)\n\nMultiply."),
    Cell("code", STUB.format(name="area"), "area", solution=True),
    Cell("code", TEST_AREA, "test_area", grade=True, locked=True, points=2, released=VISIBLE),
    Cell("markdown", "## 2. The diagonal (3 points)"),
    Cell("code", STUB.format(name="diagonal"), "diagonal", solution=True),
    Cell("markdown", "### A hint\n\nPythagoras."),
    Cell("code", "assert diagonal(3, 4) == 5", "test_diagonal", grade=True, locked=True, points=3),
    Cell("markdown", "## 3. Explain (1 point)"),
    Cell("markdown", "YOUR ANSWER HERE", "why", grade=True, solution=True, points=1),
)

ANSWERS = {
    "area": "def area(a, b):\n    return a * b",
    "diagonal": "def diagonal(a, b):\n    return math.hypot(a, b)",
    "why": "Because $a_1 < b_1$ **always**.",
}


def bundle() -> Bundle:
    """One notebook, 5 points from tests and 1 from a person."""
    return Bundle("rectangles", (Notebook("rectangles", {}, CELLS),))


def result(
    student: str = "ann",
    failing: dict[str, str] | None = None,
    answers: dict[str, str] | None = None,
    outputs: dict[str, list[dict[str, Any]]] | None = None,
    added: dict[str, CellResult] | None = None,
    **changes: Any,
) -> Result:
    """A submission. failing: the messages of tests that give 0. added: a student's own cell after another."""
    answers = ANSWERS if answers is None else answers
    cells = []
    for cell in CELLS:
        message = (failing or {}).get(cell.grade_id)
        source = answers.get(cell.grade_id, cell.source)
        made = CellResult(cell.kind, source, cell.grade_id, cell.points, changed=source != cell.source)
        if cell.is_test:
            made.score, made.message = (cell.points, "") if message is None else (0.0, message)
        made.outputs = (outputs or {}).get(cell.grade_id, [])
        cells.append(made)
        if added and cell.grade_id in added:
            cells.append(added[cell.grade_id])
    notebook = NotebookResult("rectangles", cells=cells, notes=changes.pop("notes", []))
    made = Result(student, "rectangles", bundle().id, "0" * 64, "strict", notebooks=[notebook])
    return replace(made, timestamp="2026-01-02 03:04:05 UTC", **changes)


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """Printed output."""
    return {"output_type": "stream", "name": name, "text": text}


def picture() -> str:
    """A small PNG in base64."""
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "teal").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def display(data: dict[str, str]) -> dict[str, Any]:
    """Rich output."""
    return {"output_type": "display_data", "data": data, "metadata": {}}


class Text(HTMLParser):
    """What a page says, its tags, and the attributes of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag in ("p", "pre", "div", "li", "td", "dd", "code", "br", "summary"):
            self.said.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1][0] != "style":
            self.said.append(data)

    @property
    def text(self) -> str:
        """All that is read, in one line."""
        return " ".join("".join(self.said).split())
