"""Every notebook runs in nbval, on a warm kernel with the network blocked, and prints what it stores.

papermill runs each chapter as it is committed, with both frameworks; nbval runs what a reader of one framework gets:
every cell but the parity checks once more, in other company. `course sync --check` compares the outputs of all.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from course_lib.notebooks import Project, sync
from course_lib.notebooks.compare import Comparison, compare
from course_lib.notebooks.environment import FRAMEWORKS, cores
from course_lib.notebooks.lint import lint_pages
from course_lib.notebooks.projections import project

from .conftest import Write, cell, execute

COURSE = Project(Path(__file__).resolve().parents[2])
NOTEBOOKS = {path.stem: path.with_suffix(".ipynb") for path in COURSE.chapters()}
# One is run as it is committed, for that is what people type.
AS_COMMITTED = "perceptron"


def _is_for_one_framework(notebook: nbformat.NotebookNode, framework: str) -> bool:
    return any(framework in cell.metadata.get("tags", []) for cell in notebook.cells)


@pytest.fixture(scope="module")
def comparisons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Comparison]:
    """What nbval said, by the notebook's name."""
    folder = tmp_path_factory.mktemp("projections")
    todo = [NOTEBOOKS[AS_COMMITTED]]
    for name, path in NOTEBOOKS.items():
        if not path.exists():
            continue
        notebook = nbformat.read(path, as_version=4)
        for framework in FRAMEWORKS:
            if framework != "both" and _is_for_one_framework(notebook, framework):
                todo.append(folder / f"{name}-{framework}.ipynb")
                nbformat.write(project(notebook, framework), todo[-1])
    return {result.notebook.stem: result for result in compare(COURSE, todo, jobs=cores())}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_chapter(comparisons: dict[str, Comparison], name: str) -> None:
    assert NOTEBOOKS[name].exists(), f"{NOTEBOOKS[name]}: missing: run `course sync`"
    made = [comparisons[stem] for stem in (name, f"{name}-pytorch", f"{name}-keras") if stem in comparisons]
    assert made
    for result in made:
        assert result.passed, result.report


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
