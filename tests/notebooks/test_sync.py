"""Committed notebooks: made from their sources, kept still, and proven to be in step."""

from __future__ import annotations

import json

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from course_lib.notebooks import Project, sync
from course_lib.notebooks.lint import lint_pages
from course_lib.notebooks.source import KERNELSPEC

from .conftest import Write, cell, execute

PRINTS = cell("print(SIZE)", "nbval-check-output")


def sources(course: Project) -> list:
    return lint_pages(course, course.select([]))[0]


def write_all(course: Project) -> tuple[list[str], list[str]]:
    touched, notes = sync.write(course, sources(course))
    return [course.name(path) for path in touched], notes


def drift(course: Project) -> list[str]:
    return sync.drift(course, sources(course))


def read(course: Project, name: str = "one") -> nbformat.NotebookNode:
    return nbformat.read(course.root / "chapters" / "part" / f"{name}.ipynb", as_version=4)


def test_writes_a_plain_notebook_once(course: Project, write: Write) -> None:
    write("one", "\nText.\n", cell("SIZE = 3", "hide-input"))
    assert drift(course) == ["chapters/part/one.ipynb: missing: run `course sync`"]
    assert write_all(course) == (["chapters/part/one.ipynb"], [])
    nb = read(course)
    nbformat.validate(nb)
    assert nb.metadata == {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    assert [c.cell_type for c in nb.cells] == ["markdown", "code", "markdown", "code"]
    assert nb.cells[3].metadata == {"tags": ["hide-input"]}
    assert drift(course) == []
    assert write_all(course) == ([], [])


def test_an_edit_changes_one_cell_of_the_file(course: Project, write: Write) -> None:
    cells = [cell(f"x{n} = {n}") for n in range(5)]
    write("one", *cells)
    write_all(course)
    before = (course.root / "chapters/part/one.ipynb").read_text().splitlines()
    write("one", *cells[:2], cell("x2 = 22"), *cells[3:])
    assert drift(course) == [
        f"chapters/part/one.ipynb: cell 5 (id {sources(course)[0].nb.cells[4].id}) differs from its source: "
        "run `course sync`"
    ]
    write_all(course)
    after = (course.root / "chapters/part/one.ipynb").read_text().splitlines()
    assert len(after) == len(before)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 2  # its id and its text


def test_outputs_come_from_the_run_and_stay(course: Project, write: Write) -> None:
    write("one", cell("SIZE = 3"), cell("print('not compared')"), PRINTS, cell("SIZE", "nbval-check-output"))
    _, notes = write_all(course)
    assert notes == [
        "chapters/part/one.ipynb: 2 cells (the first is 5) have no output to compare yet: "
        "run `course run --device cpu`, then `course sync`"
    ]
    assert "cell 5" in drift(course)[0]
    assert "has no stored output to compare" in drift(course)[0]
    execute(course)
    write_all(course)
    nb = read(course)
    assert [len(c.outputs) for c in nb.cells if c.cell_type == "code"] == [0, 0, 0, 1, 1]
    assert nb.cells[4].outputs[0].text == "3\n"
    assert nb.cells[5].outputs[0].data["text/plain"] == "3"
    assert nb.cells[5].outputs[0].execution_count is None
    assert [c.execution_count for c in nb.cells if c.cell_type == "code"] == [None, None, None, 4, 5]
    assert drift(course) == []
    # A clean checkout has no executions: the stored outputs stay while the code above is the same.
    (course.root / "_build").rename(course.root / "gone")
    assert drift(course) == []
    write(
        "one",
        cell("SIZE = 3"),
        cell("print('not compared')"),
        PRINTS,
        cell("SIZE", "nbval-check-output"),
        "\nText.\n",
    )
    write_all(course)
    assert drift(course) == []
    assert read(course).cells[4].outputs
    write("one", cell("SIZE = 4"), cell("print('not compared')"), PRINTS)
    write_all(course)
    assert not read(course).cells[4].outputs
    assert drift(course)


def change(course: Project, edit: str) -> None:
    path = course.root / "chapters" / "part" / "one.ipynb"
    nb = json.loads(path.read_text())
    if edit == "text":
        nb["cells"][2]["source"] = ["SIZE = 5"]
    elif edit == "markdown":
        nb["cells"][0]["source"] = ["# Another title"]
    elif edit == "tags":
        nb["cells"][2]["metadata"] = {"tags": ["hide-input"]}
    elif edit == "id":
        nb["cells"][2]["id"] = "random"
    elif edit == "output":
        nb["cells"][3]["outputs"][0]["text"] = ["4\n"]
    elif edit == "count":
        nb["cells"][2]["execution_count"] = 7
    elif edit == "extra output":
        nb["cells"][2]["outputs"] = nb["cells"][3]["outputs"]
    elif edit == "extra cell":
        nb["cells"].append(nb["cells"][2] | {"id": "more"})
    elif edit == "kernel":
        nb["metadata"]["kernelspec"]["name"] = "my-env"
    path.write_text("{" if edit == "json" else json.dumps(nb))


EDITS = {
    "text": "cell 3 (id {id}) differs from its source",
    "markdown": "cell 1 (id ",
    "tags": "cell 3 (id {id}) has another id or other metadata",
    "id": "cell 3 (id {id}) has another id or other metadata",
    "output": "cell 4 (id ",
    "count": "cell 3 (id {id}) stores outputs that do not belong there",
    "extra output": "cell 3 (id {id}) stores outputs that do not belong there",
    "extra cell": "5 cells, its source has 4",
    "kernel": "same cells, other notebook metadata",
    "json": "not a readable notebook",
}


def test_every_edit_by_hand_is_found(course: Project, write: Write) -> None:
    write("one", cell("SIZE = 3"), PRINTS)
    execute(course)
    write_all(course)
    good = (course.root / "chapters/part/one.ipynb").read_text()
    cell_id = read(course).cells[2].id
    for edit, message in EDITS.items():
        change(course, edit)
        (line,) = drift(course)
        assert line.startswith(f"chapters/part/one.ipynb: {message.format(id=cell_id)}"), (edit, line)
        assert line.endswith("run `course sync`")
        write_all(course)
        assert (course.root / "chapters/part/one.ipynb").read_text() == good, edit
    assert drift(course) == []


def test_prose_is_plain(course: Project, write: Write) -> None:
    write("one", "\n(a-label)=\n## A heading\n")
    write_all(course)
    assert read(course).cells[2].source == "## A heading"
    assert drift(course) == []


def test_notebooks_without_a_source(course: Project, write: Write) -> None:
    write("one")
    write_all(course)
    (course.root / "chapters/part/one.md").rename(course.root / "chapters/part/two.md")
    assert "chapters/part/one.ipynb: no source one.md: run `course sync`" in drift(course)
    touched, _ = write_all(course)
    assert sorted(touched) == ["chapters/part/one.ipynb", "chapters/part/two.ipynb"]
    assert not (course.root / "chapters/part/one.ipynb").exists()


def test_a_sibling_has_the_cells_that_jupytext_opens(course: Project, write: Write) -> None:
    """JupyterLab opens the source itself: both views hold the same cells, but for labels and the like."""
    path = write("one", "\nText.\n", cell("SIZE = 3", "hide-input"))
    write_all(course)
    opened = jupytext.read(path)
    assert [(c.cell_type, c.source) for c in opened.cells] == [
        (c.cell_type, c.source) for c in read(course).cells
    ]


def test_pieces_of_a_stream_are_stored_as_one() -> None:
    def stream(name: str, text: str) -> NotebookNode:
        return new_output("stream", name=name, text=text)

    pieces = [
        stream("stdout", "a\n"),
        stream("stdout", "b\n"),
        stream("stderr", "c\n"),
        stream("stdout", "d\n"),
    ]
    assert [(o.name, o.text) for o in sync._storable(pieces)] == [
        ("stdout", "a\nb\n"),
        ("stderr", "c\n"),
        ("stdout", "d\n"),
    ]
    assert len(pieces) == 4
