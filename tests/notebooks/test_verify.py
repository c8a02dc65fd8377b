"""An execution is believed only when every cell carries its proof."""

from __future__ import annotations

import copy

import nbformat
import pytest
from nbformat import NotebookNode

from course_lib.notebooks import Source, read_source
from course_lib.notebooks.verify import Budget, broken_promises, unproven

from .conftest import Write, cell


@pytest.fixture
def source(write: Write) -> Source:
    return read_source(write("one", cell("x = 1"), "\nText.\n", cell("x")))


@pytest.fixture
def executed(source: Source) -> NotebookNode:
    nb = copy.deepcopy(source.nb)
    for count, c in enumerate((c for c in nb.cells if c.cell_type == "code"), 1):
        c.execution_count = count
    nb.metadata["course"] = nbformat.from_dict({"cpu_s": 0.2, "wall_s": 0.1})
    return nb


def messages(source: Source, executed: NotebookNode) -> list[str]:
    return [str(problem).split(":", 2)[2].strip() for problem in unproven(source, executed)]


def test_proven(source: Source, executed: NotebookNode) -> None:
    assert unproven(source, executed) == []


@pytest.mark.parametrize(("count", "said"), [(None, "no execution count"), (7, "count 7")])
def test_a_cell_that_did_not_run(
    source: Source, executed: NotebookNode, count: int | None, said: str
) -> None:
    executed.cells[4].execution_count = count
    assert messages(source, executed) == [f"cell 5: not proven to have run in order: {said}, expected 3"]


@pytest.mark.parametrize("facts", [{}, {"cpu_s": 0, "wall_s": 0.1}, {"cpu_s": 0.2, "wall_s": 1e-5}])
def test_a_notebook_in_no_time(source: Source, executed: NotebookNode, facts: dict) -> None:
    executed.metadata["course"] = nbformat.from_dict(facts)
    (message,) = messages(source, executed)
    assert message.startswith("3 cells ran in ")
    assert message.endswith("the notebook was not executed")


def test_compared_cells_do_not_draw(write: Write) -> None:
    source = read_source(write("two", cell("draw()", "nbval-check-output")))
    executed = copy.deepcopy(source.nb)
    executed.cells[2].outputs = [
        nbformat.v4.new_output("display_data", {"image/png": "", "text/plain": "<Figure>"})
    ]
    found = [problem.message for problem in broken_promises(source, executed)]
    assert found == [
        "draws a figure without alt text: add `mystnb: {image: {alt: …}}`",
        "tagged nbval-check-output but draws: tag a cell that prints",
    ]


@pytest.mark.parametrize(
    ("cpu_s", "peak_mb", "said"),
    [
        (45.0, 1500.0, None),
        (61.26, 1500.0, "61.3 s of CPU, the limit is 45 s"),
        (45.0, 1700.2, "1700 MB, the limit is 1500 MB"),
        (61.26, 1700.2, "61.3 s of CPU, the limit is 45 s and 1700 MB, the limit is 1500 MB"),
    ],
)
def test_budget_names_what_was_broken_and_where(
    source: Source, executed: NotebookNode, cpu_s: float, peak_mb: float, said: str | None
) -> None:
    executed.metadata.course.update(cpu_s=cpu_s, peak_mb=peak_mb)
    executed.cells[2].metadata["course"] = nbformat.from_dict({"wall_s": 50.04})
    executed.cells[4].metadata["course"] = nbformat.from_dict({"wall_s": None})
    found = Budget().exceeded(source, executed)
    place = f"{source.name}:{source.lines[2]}: cell 3: over budget: "
    assert (str(found) if found else None) == (said and f"{place}{said}; this cell takes longest, 50.0 s")
