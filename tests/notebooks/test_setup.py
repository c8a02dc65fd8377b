"""A notebook that leaves the course's environment knows how to fetch the package."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat.v4 as v4
from nbclient import NotebookClient

from course_lib.notebooks.setup import SETUP_ID, repository_url, with_setup, without_setup


def notebook():
    return v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), v4.new_code_cell("x = 1")])


def config(root: Path) -> None:
    (root / "_config.yml").write_text("repository: {url: https://example.org/course}\n", encoding="utf8")


def test_cell_stands_before_the_first_code(tmp_path):
    config(tmp_path)
    nb = with_setup(notebook(), tmp_path)
    assert [cell.get("id") == SETUP_ID for cell in nb.cells] == [False, True, False]
    assert "git+https://example.org/course" in nb.cells[1].source
    assert [cell.source for cell in without_setup(nb).cells] == ["# Title", "x = 1"]


def test_no_repository_no_cell(tmp_path):
    assert repository_url(tmp_path) is None
    assert len(with_setup(notebook(), tmp_path).cells) == 2


def test_cell_does_nothing_where_the_course_is_installed(tmp_path):
    config(tmp_path)
    nb = with_setup(notebook(), tmp_path)
    NotebookClient(nb, timeout=60).execute()
    assert nb.cells[1].outputs == []


def test_cell_installs_where_it_is_missing(tmp_path):
    """With the package hidden and pip replaced, the cell asks pip for the repository."""
    config(tmp_path)
    nb = with_setup(notebook(), tmp_path)
    hide = (
        "import sys, IPython\n"
        "sys.modules['course_lib'] = None\n"
        "get_ipython().register_magic_function(lambda line: print('pip', line), 'line', 'pip')"
    )
    nb.cells.insert(0, v4.new_code_cell(hide))
    NotebookClient(nb, timeout=60).execute()
    (output,) = nb.cells[2].outputs
    assert output.text == 'pip install --quiet "course-lib @ git+https://example.org/course"\n'
    assert sys.modules["course_lib"] is not None
