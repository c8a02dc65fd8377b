"""Every committed notebook runs in nbval, on a warm kernel with the network blocked, and prints what it stores."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from course_lib.notebooks import Project, sync
from course_lib.notebooks.compare import Comparison, compare
from course_lib.notebooks.environment import cores
from course_lib.notebooks.lint import lint_pages

from .conftest import Write, cell, execute

COURSE = Project(Path(__file__).resolve().parents[2])
NOTEBOOKS = {path.stem: path.with_suffix(".ipynb") for path in COURSE.chapters()}


@pytest.fixture(scope="module")
def comparisons() -> dict[str, Comparison]:
    """What nbval said, by the notebook's name."""
    present = [notebook for notebook in NOTEBOOKS.values() if notebook.exists()]
    # Those with the most code first: they take longest, and no process should wait for the last.
    present.sort(key=lambda path: -sum(cell.cell_type == "code" for cell in nbformat.read(path, 4).cells))
    return {result.notebook.stem: result for result in compare(COURSE, present, jobs=cores())}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_chapter(comparisons: dict[str, Comparison], name: str) -> None:
    assert name in comparisons, f"{NOTEBOOKS[name]}: missing: run `course sync`"
    assert comparisons[name].passed, comparisons[name].report


def test_a_changed_output_is_found(course: Project, write: Write) -> None:
    path = write("one", cell("print(SEED)", "nbval-check-output"), cell("import time\ntime.time()"))
    execute(course)
    sync.write(course, lint_pages(course, [path])[0])
    notebook = path.with_suffix(".ipynb")
    (same,) = compare(course, [notebook], warm=False)
    assert same.passed, same.report
    notebook.write_text(notebook.read_text().replace('"0\\n"', '"1\\n"'))
    (result,) = compare(course, [notebook], warm=False)
    assert not result.passed
    assert "Cell outputs differ" in result.report


def test_the_network_is_blocked(course: Project, write: Write) -> None:
    path = write("one", cell("import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"))
    sync.write(course, lint_pages(course, [path])[0])
    (result,) = compare(course, [path.with_suffix(".ipynb")], warm=False)
    assert not result.passed
    assert "this kernel is offline" in result.report
