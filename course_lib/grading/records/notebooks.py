"""Writes graded notebooks where formgrader, feedback and people look for them, as `nbgrader autograde` would.

Nothing in them runs when a grader opens them: outputs are text and pictures, answers are harmless Markdown, and
files of a student that a browser would execute get the suffix `.txt`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from nbgrader.utils import parse_utc

from course_lib.grading.engine import outputs
from course_lib.grading.engine.intake import rebuild
from course_lib.grading.engine.model import (
    GRADED,
    REFUSED,
    Bundle,
    Cell,
    CellResult,
    Notebook,
    NotebookResult,
    Result,
    Submission,
)
from course_lib.grading.records.markup import harmless
from course_lib.notebooks.files import notebook_text, write_atomically

SCHEMA_VERSION = 3
"""Of nbgrader's cell metadata."""

TIMESTAMP = "timestamp.txt"

_READ_ONLY = 0o444  # as nbgrader leaves them
_ACTIVE = (
    *(
        ".htm",
        ".html",
        ".shtml",
        ".xht",
        ".xhtml",
        ".mht",
        ".mhtml",
        ".svg",
        ".svgz",
        ".xml",
        ".xsl",
        ".xslt",
    ),
    *(".pdf", ".swf", ".js", ".mjs"),
)
_FIELDS = ("", "-comment", "_extra_credit")  # how formgrader calls the fields of a cell, after its grade_id
_CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def write_autograded(result: Result, bundle: Bundle, submission: Submission, folder: Path) -> None:
    """Fills `folder`, nbgrader's autograded/<student>/<assignment>, with one submission.

    The notebooks, the author's extra files, those of the student that the assignment accepts, and
    `timestamp.txt`. Each file is replaced in one step; what is not part of the result any more is removed. A
    notebook that could not be graded is there too, as it was handed out, and says why; one that was not handed
    in is not, as with nbgrader.
    """
    wanted = {_inert(path): content for path, content in rebuild(bundle, submission).files.items()}
    wanted |= {path: bundle.file(path) for path in bundle.files}
    for notebook, outcome in _outcomes(result, bundle):
        text = notebook_text(graded_notebook(notebook, outcome, bundle.limits.output_bytes))
        wanted[f"{notebook.name}.ipynb"] = text.encode("utf-8")
    if result.timestamp:
        wanted[TIMESTAMP] = f"{parse_utc(result.timestamp)} UTC\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    _remove_others(folder, {folder / path for path in wanted})
    for path, content in wanted.items():
        write_atomically(folder / path, content)
        os.chmod(folder / path, _READ_ONLY)


def graded_notebook(notebook: Notebook, outcome: NotebookResult, output_bytes: int) -> NotebookNode:
    """The notebook after grading, with nbgrader's metadata on the author's cells.

    output_bytes: largest total of text that the outputs of one cell may have.
    """
    author = {cell.grade_id: cell for cell in notebook.cells if cell.grade_id}
    trusted = {cell.source for cell in notebook.cells}
    reserved = {f"{grade_id}{field}" for grade_id in author for field in _FIELDS}
    cells = []
    if outcome.status != GRADED:
        reason = harmless(outcome.reason, reserved)
        cells.append(new_markdown_cell(f"**This notebook was not graded.** {reason}", id="not-graded"))
    shown = outcome.cells or [CellResult(cell.kind, cell.source, cell.grade_id) for cell in notebook.cells]
    for number, cell in enumerate(shown):
        source = cell.source
        if cell.kind != "code" and source not in trusted:
            source = harmless(source, reserved)
        made = _cell(cell, source, raw=cell.source in trusted, output_bytes=output_bytes)
        made.id = cell.grade_id if _CELL_ID.fullmatch(cell.grade_id) else f"cell-{number}"
        if cell.grade_id in author:
            made.metadata.update(_metadata(author[cell.grade_id]))
        cells.append(made)
    made = new_notebook(cells=cells, metadata=nbformat.from_dict(notebook.metadata))
    made.nbformat_minor = 5
    return made


def _cell(cell: CellResult, source: str, *, raw: bool, output_bytes: int) -> NotebookNode:
    if cell.kind == "code":
        kept = nbformat.from_dict(outputs.sanitise(cell.outputs, output_bytes))
        return new_code_cell(source, outputs=kept, execution_count=cell.execution_count)
    # A raw cell reaches a page as HTML: only the author may have one.
    return new_raw_cell(source) if cell.kind == "raw" and raw else new_markdown_cell(source)


def _metadata(cell: Cell) -> dict[str, object]:
    facts: dict[str, object] = {
        "cell_type": cell.kind,
        "checksum": cell.checksum,
        "grade": cell.grade,
        "grade_id": cell.grade_id,
        "locked": cell.locked,
        "schema_version": SCHEMA_VERSION,
        "solution": cell.solution,
        "task": cell.task,
    }
    if cell.grade or cell.task:
        facts["points"] = cell.points
    made: dict[str, object] = {"nbgrader": facts, "deletable": False}
    return made | {"editable": False} if cell.locked else made


def not_handed_in(outcome: NotebookResult) -> bool:
    """Whether there was no such notebook, and none under another name that a person should look at."""
    return outcome.status == REFUSED and outcome.reason == f"{outcome.name}.ipynb was not handed in"


def _outcomes(result: Result, bundle: Bundle) -> Iterator[tuple[Notebook, NotebookResult]]:
    """The author's notebooks with what became of them; those that were not handed in are left out."""
    outcomes = {outcome.name: outcome for outcome in result.notebooks}
    for notebook in bundle.notebooks:
        outcome = outcomes.get(notebook.name)
        if outcome is None and result.status != GRADED:
            outcome = NotebookResult(notebook.name, result.status, result.reason)
        if outcome is not None and not not_handed_in(outcome):
            yield notebook, outcome


def _inert(path: str) -> str:
    """A name under which a browser shows a student's file and does not run it."""
    return f"{path}.txt" if PurePosixPath(path).suffix.lower() in _ACTIVE else path


def _remove_others(target: Path, wanted: set[Path]) -> None:
    """Removes what an earlier grading left, and what a crash left half-written."""
    for folder, folders, names in os.walk(target, topdown=False):
        for name in names:
            if Path(folder, name) not in wanted:
                Path(folder, name).unlink()
        for name in folders:
            path = Path(folder, name)
            if path.is_symlink() or not any(path.iterdir()):
                path.unlink() if path.is_symlink() else path.rmdir()
