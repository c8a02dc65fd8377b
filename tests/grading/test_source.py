"""Reading assignments: ids, parts, and one clear line for everything that cannot be read."""

from pathlib import Path

import pytest

from course_lib.grading import source
from tests.grading import counting


@pytest.fixture
def assignment(tmp_path: Path) -> source.Assignment:
    return source.load(counting.course(tmp_path))


def test_the_parts_of_an_assignment(assignment: source.Assignment) -> None:
    assert list(assignment.solutions()) == ["total", "largest", "product"]
    assert list(assignment.tests()) == ["test_total", "test_largest", "test_product"]
    assert list(assignment.manual()) == ["why"]
    assert (assignment.auto_points(), assignment.points()) == (9, 12)
    assert [v.name for v in assignment.alternatives] == [
        "alternative-builtin",
        "alternative-in-float",
        "alternative-noisy",
    ]


def test_ids_are_the_same_every_time_and_follow_the_grade_ids(tmp_path: Path) -> None:
    path = counting.course(tmp_path)
    first, second = ([cell.id for cell in source.load(path).notebook.cells] for _ in range(2))
    assert first == second
    assert len(set(first)) == len(first)
    assert {"setup", "total", "test_total", "why"} <= set(first)


def test_a_variant_replaces_the_cells_it_names(assignment: source.Assignment) -> None:
    counts = next(v for v in assignment.wrong if v.path.stem == "counts")
    assert counts.test == "test_total"
    assert counts.message == "total of three numbers"
    assert counts.cells == {"total": "def total(numbers):\n    return len(numbers)"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (\n", "line 1: '(' was never closed"),
        ("# cell: total\nx = 1\n", "no docstring"),
        ('"""A mistake."""\n# cell: total\nx = 1\n', "no 'test:' line"),
        ('"""A mistake.\n\ntest: test_total\n"""\n# cell: total\nx = 1\n', "no 'message:' line"),
        ('"""A mistake.\n\ntest: t\nmessage: m\n"""\nx = 1\n', "no '# cell: <grade_id>' line"),
        (
            '"""A mistake.\n\ntest: t\nmessage: m\n"""\n# cell: total\n\n',
            "the section '# cell: total' is empty",
        ),
        (
            '"""M.\n\ntest: t\nmessage: m\n"""\n# cell: a\nx = 1\n# cell: a\nx = 2\n',
            "two '# cell: a' sections",
        ),
    ],
)
def test_a_bad_wrong_answer_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong" / "bad.py"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(source.AssignmentError) as caught:
        source.read_variant(path)
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert caught.value.code == 2


def test_an_unknown_assignment_names_those_that_exist(tmp_path: Path) -> None:
    counting.course(tmp_path)
    with pytest.raises(source.AssignmentError, match="there are: counting"):
        source.find(tmp_path, ["countnig"])


@pytest.mark.parametrize(
    "text",
    ["### END SOLUTION", "### BEGIN SOLUTION\nx", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"],
)
def test_markers_must_match(text: str) -> None:
    with pytest.raises(ValueError, match=r"without its partner|never closed"):
        source.split(text, source.BEGIN_SOLUTION, source.END_SOLUTION)


def test_split_keeps_every_line_on_its_side() -> None:
    regions = source.split(
        "a\n  ### BEGIN SOLUTION\n  b\n  ### END SOLUTION\nc", source.BEGIN_SOLUTION, source.END_SOLUTION
    )
    assert (regions.outside, regions.inside) == (["a", "c"], ["  b"])
