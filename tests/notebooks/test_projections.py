"""Projections keep what runs alone in one framework.

That those of the course run is seen every week, by `course run --framework all`; here, that no name is missing in them.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from course_lib.notebooks import CourseError, Project, project, read_source

from .conftest import Write, cell

COURSE = Project(Path(__file__).resolve().parents[2])


def missing_names(folder: Path, notebooks: dict[str, NotebookNode]) -> set[tuple[str, str]]:
    """The names that the code of a notebook uses and nowhere defines: (notebook, name)."""
    for name, notebook in notebooks.items():
        cells = [c.source for c in notebook.cells if c.cell_type == "code"]
        code = "\n".join(map(TransformerManager().transform_cell, cells))
        (folder / f"{name}.py").write_text(code, encoding="utf8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F821"]
    done = subprocess.run([*command, "--output-format", "json", str(folder)], capture_output=True, text=True)
    found = json.loads(done.stdout)
    return {(Path(one["filename"]).stem, one["message"].split("`")[1]) for one in found}


def without_the_other_framework(folder: Path, sources: list[Path], framework: str) -> set[tuple[str, str]]:
    """The names that are missing in a projection, but not in the whole: those may be a failure that is shown."""
    missing = {}
    for wanted in ("both", framework):
        (folder / wanted).mkdir()
        notebooks = {path.stem: project(read_source(path).nb, wanted) for path in sources}
        missing[wanted] = missing_names(folder / wanted, notebooks)
    return missing[framework] - missing["both"]


@pytest.mark.parametrize("framework", ["pytorch", "keras"])
def test_no_name_is_missing_in_a_projection(tmp_path: Path, framework: str) -> None:
    assert without_the_other_framework(tmp_path, COURSE.chapters(), framework) == set()


def test_a_missing_name_is_found(write: Write, tmp_path: Path) -> None:
    path = write("one", cell("x = 1", "pytorch"), cell("%matplotlib inline\nx + nowhere"))
    (tmp_path / "a").mkdir()
    assert without_the_other_framework(tmp_path, [path], "pytorch") == set()
    assert without_the_other_framework(tmp_path / "a", [path], "keras") == {("one", "x")}


@pytest.mark.parametrize(
    ("framework", "kept"),
    [
        ("both", ["common", "torch_side", "keras_side", "agree"]),
        ("pytorch", ["common", "torch_side"]),
        ("keras", ["common", "keras_side"]),
    ],
)
def test_projection(write: Write, framework: str, kept: list[str]) -> None:
    cells = (
        cell("common"),
        cell("torch_side", "pytorch"),
        cell("keras_side", "keras"),
        cell("agree", "parity"),
    )
    nb = read_source(write("one", *cells, "\nThe end.\n")).nb
    result = project(nb, framework)
    assert [c.source for c in result.cells if c.cell_type == "code"][1:] == kept
    assert result.cells[-1].source == "The end."
    assert {c.id for c in result.cells} <= {c.id for c in nb.cells}


def test_projection_is_a_copy(write: Write) -> None:
    nb = read_source(write("one", cell("a", "keras"))).nb
    before = len(nb.cells)
    project(nb, "pytorch").cells[0].source = "changed"
    assert len(nb.cells) == before
    assert nb.cells[0].source != "changed"


def test_unknown_framework(write: Write) -> None:
    with pytest.raises(CourseError, match="'jax' is unknown: use one of both, pytorch, keras"):
        project(read_source(write("one")).nb, "jax")
