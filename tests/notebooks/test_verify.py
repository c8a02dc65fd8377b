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


def test_budget_names_what_was_broken() -> None:
    budget = Budget()
    assert budget.exceeded("one", {"cpu_s": 45.0, "peak_mb": 1500.0}) == []
    assert budget.exceeded("one", {"cpu_s": 61.26, "peak_mb": 1700.2}) == [
        "one: over budget: 61.3 s of CPU, the limit is 45 s",
        "one: over budget: 1700 MB, the limit is 1500 MB",
    ]
