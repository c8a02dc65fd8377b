"""A planted solution or hidden test is found; what students may see is not reported."""

from pathlib import Path

import nbformat
import pytest

from course_lib.grading import leaks, source
from tests.grading import counting


@pytest.fixture
def assignment(tmp_path: Path) -> source.Assignment:
    return source.load(counting.course(tmp_path))


def student_version(assignment: source.Assignment, planted: str) -> str:
    cells = [nbformat.v4.new_code_cell(planted, id="planted")]
    for cell in assignment.notebook.cells:
        outside = source.split(cell.source, source.BEGIN_SOLUTION, source.END_SOLUTION).outside
        outside = source.split("\n".join(outside), source.BEGIN_HIDDEN, source.END_HIDDEN).outside
        text = "YOUR ANSWER HERE" if cell.id == "why" else "\n".join(outside)
        cells.append(nbformat.v4.new_code_cell(text, id=cell.id))
    return nbformat.writes(nbformat.v4.new_notebook(cells=cells))


def test_a_clean_release_has_no_leak(assignment: source.Assignment) -> None:
    assert leaks.in_release(assignment, student_version(assignment, "x = 1")) == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (
            "if True:\n      return sorted( list(numbers), reverse=True)[0]  # mine",
            "a solution line of 'largest'",
        ),
        ('assert total([-1,4])==3, "did you lose the sign"', "a hidden test line of 'test_total'"),
        ("Because every number is counted once, the order does not matter.", "a solution line of 'why'"),
        ("### BEGIN SOLUTION", "a marker is left"),
    ],
)
def test_a_planted_leak_is_found(assignment: source.Assignment, planted: str, said: str) -> None:
    found = leaks.in_release(assignment, student_version(assignment, planted))
    assert len(found) == 1
    assert said in found[0]
    assert found[0].startswith("exercises/counting/counting.ipynb: ")


def test_foreign_files_in_exercises_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "exercises" / "counting"
    folder.mkdir(parents=True)
    for name in ("counting.ipynb", "counting.md", "loses_the_sign.py"):
        (folder / name).touch()
    found = leaks.in_exercises(tmp_path, ["counting"])
    assert [line.partition(":")[0] for line in found] == [
        "exercises/counting/counting.md",
        "exercises/counting/loses_the_sign.py",
    ]


def test_a_chapter_with_a_whole_solution_is_found(tmp_path: Path, assignment: source.Assignment) -> None:
    chapter = tmp_path / "chapters" / "numbers.md"
    chapter.write_text("for factor in reversed(numbers):\n    pass\n", encoding="utf-8")
    assert leaks.in_chapters(tmp_path, [assignment]) == []
    chapter.write_text("for factor in reversed(numbers):\n    so_far = factor*so_far\n", encoding="utf-8")
    assert leaks.in_chapters(tmp_path, [assignment]) == [
        "chapters/numbers.md: contains the whole solution of 'product' of counting"
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("X = np.asarray(X, dtype=float)", True),
        ("y = np.array(y)", True),
        ("import numpy as np", True),
        ("else:", True),
        ("return loss", True),
        ("w = np.asarray(X, dtype=float) @ v", False),
        ("return Z / Z.sum(axis=-1, keepdims=True)", False),
    ],
)
def test_what_says_nothing_about_a_solution(line: str, expected: bool) -> None:
    assert leaks.trivial(leaks.normalised(line)) is expected
