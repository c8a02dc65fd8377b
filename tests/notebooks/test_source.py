"""Text sources: ids that stay, lines that are right, unreadable files in one line."""

import pytest

from course_lib.notebooks import CourseError, Project, read_source
from course_lib.notebooks.source import KERNELSPEC

from .conftest import HEADER, Write, cell


def test_ids_depend_on_content_only(course: Project, write: Write) -> None:
    before = read_source(write("one", cell("a = 1"), "\nText.\n", cell("b = 2")))
    after = read_source(write("one", cell("new = 0"), cell("a = 1"), "\nText.\n", cell("b = 2")))
    known = {c.source: c.id for c in before.nb.cells}
    assert {c.source: c.id for c in after.nb.cells if c.source in known} == known


def test_repeated_cells_get_different_ids(write: Write) -> None:
    source = read_source(write("one", cell("a = 1"), cell("a = 1"), cell("a = 1")))
    ids = [c.id for c in source.nb.cells]
    assert len(set(ids)) == len(ids)
    assert ids[-1] == ids[-3] + "-3"


def test_lines_point_at_the_text_of_each_cell(write: Write) -> None:
    yaml_cell = "\n```{code-cell}\n---\ntags: [hide-input]\nmystnb: {image: {alt: x}}\n---\nfirst = 1\n```\n"
    path = write("one", cell("a = 1", "hide-input"), "\nSome words.\n", yaml_cell)
    source = read_source(path)
    lines = path.read_text().splitlines()
    for number, c in zip(source.lines, source.nb.cells, strict=True):
        assert lines[number - 1] == c.source.splitlines()[0]


def test_kernelspec_is_the_stock_one(write: Write) -> None:
    assert read_source(write("one")).nb.metadata.kernelspec == KERNELSPEC


def test_not_utf8(course: Project) -> None:
    path = course.root / "chapters" / "part" / "bad.md"
    path.write_bytes(HEADER.encode() + b"caf\xe9\n")
    with pytest.raises(CourseError, match=r"chapters/part/bad\.md:1: not UTF-8 .*save it as UTF-8"):
        read_source(path, course.root)


def test_broken_cell_metadata(course: Project, write: Write) -> None:
    path = write("bad", "\n```{code-cell}\n---\ntags: [a\n---\nx = 1\n```\n")
    with pytest.raises(CourseError, match=r"^chapters/part/bad\.md:\d+: .*YAML") as caught:
        read_source(path, course.root)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["one", "part", "chapters/part", "chapters/part/one.md", "part/one", "chapters/part/one.ipynb"]
)
def test_select_by_slug_part_or_path(course: Project, write: Write, name: str) -> None:
    path = write("one")
    assert course.select([name]) == [path]


def test_select_unknown_names_the_nearest(course: Project, write: Write) -> None:
    write("perceptron")
    with pytest.raises(CourseError, match="perceptro: no such chapter; did you mean perceptron"):
        course.select(["perceptro"])


def test_pages_without_header_are_no_chapters(course: Project, write: Write) -> None:
    write("plain", header="# Just text\n")
    assert course.select([]) == []
