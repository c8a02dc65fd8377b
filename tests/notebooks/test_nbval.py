"""Every committed notebook runs on a warm kernel with the network blocked, and prints what it stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_lib.notebooks import Project, sync
from course_lib.notebooks.compare import Comparison, compare
from course_lib.notebooks.environment import cores
from course_lib.notebooks.lint import lint_pages

from .conftest import Write, cell, execute

COURSE = Project(Path(__file__).resolve().parents[2])
NOTEBOOKS = [path.with_suffix(".ipynb") for path in COURSE.chapters()]


@pytest.fixture(scope="module")
def comparisons() -> dict[Path, Comparison]:
    present = [notebook for notebook in NOTEBOOKS if notebook.exists()]
    return {result.notebook: result for result in compare(COURSE, present, jobs=cores())}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_chapter(comparisons: dict[Path, Comparison], notebook: Path) -> None:
    assert notebook in comparisons, f"{notebook}: missing: run `course sync`"
    assert comparisons[notebook].passed, comparisons[notebook].report


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
