"""Projections keep what runs alone in one framework."""

import pytest

from course_lib.notebooks import CourseError, project, read_source

from .conftest import Write, cell


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
