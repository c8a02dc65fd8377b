"""The site shows fresh executions of `course run`, and executes by itself what is not fresh."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
import pytest

from course_lib.notebooks import cache
from course_lib.notebooks.layout import Project
from course_lib.notebooks.source import read_source
from tests.site import books

CHAPTER = books.HEADER + "# Page\n\n```{code-cell}\nprint('executed by', 'the build')\n```\n"
FACTS = {
    "cpu_s": 12.4,
    "wall_s": 15.0,
    "peak_mb": 870.0,
    "versions": {"python": "3.11.2", "torch": "2.13.0+cpu", "keras": "3.15.1", "numpy": "2.4.0"},
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    folder = books.write_book(tmp_path / "book", {"page.md": CHAPTER})
    (folder / "course_lib" / "data").mkdir(parents=True)
    (folder / "course_lib" / "data" / "numbers.py").write_text("ONE = 1\n", encoding="utf8")
    return folder


def run_course(folder: Path, text: str) -> None:
    """Leave what `course run` leaves, with an output that the cell itself would not print."""
    project = Project(folder)
    source = read_source(folder / "chapters" / "page.md", folder)
    key = cache.execution_key(source.nb, "quick", "cpu", "both", cache.surroundings(project))
    nb = copy.deepcopy(source.nb)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    nb.metadata["course"] = {**FACTS, "key": key}
    path = cache.executed_path(project, source.path, "quick", "cpu", "both")
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, path)


def page(folder: Path) -> str:
    return (books.built(folder) / "chapters" / "page.html").read_text(encoding="utf8")


def test_fresh_executions_are_shown_and_stale_ones_are_not(book: Path) -> None:
    before = page(book)
    assert "executed by the build" in before
    assert "This page ran in" not in before

    run_course(book, "from course run\n")
    after_run = page(book)
    assert "from course run" in after_run
    assert "executed by the build" not in after_run
    assert (
        "This page ran in 12 s of CPU time and 0.9 GB of memory, "
        "with Python 3.11.2, PyTorch 2.13.0, Keras 3.15.1, NumPy 2.4.0." in after_run
    )

    unchanged = books.build(book)
    assert unchanged.returncode == 0
    assert "0 changed" in unchanged.stdout

    (book / "course_lib" / "data" / "numbers.py").write_text("ONE = 2\n", encoding="utf8")
    after_change = page(book)
    assert "executed by the build" in after_change
    assert "This page ran in" not in after_change


def test_a_cell_that_fails_is_an_error_of_the_build(tmp_path: Path) -> None:
    chapter = books.HEADER + "# Page\n\n```{code-cell}\n1 / 0\n```\n"
    result = books.build(books.write_book(tmp_path / "book", {"page.md": chapter}))
    assert result.returncode != 0
    assert "page.md" in result.stderr
    assert "CellExecutionError" in result.stderr
