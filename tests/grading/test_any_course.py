"""`course grade` on a course that has nothing to do with this one: the example that nbgrader brings along."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.grading.records.gradebook import rows
from tests.grading.command import nbgrader

# Answers of one's own to nbgrader's two notebooks; by function, as they stand in the released cells.
ANSWERS = {
    "def squares": """
def squares(n):
    if n < 1:
        raise ValueError("n must be at least 1")
    return [i * i for i in range(1, n + 1)]
""",
    "def sum_of_squares": """
def sum_of_squares(n):
    return sum(squares(n))
""",
    "YOUR ANSWER HERE": "Gauss did it in his head.",
}


def hand_in(course: Path, student: str, answers: dict[str, str]) -> None:
    """Hand in every released notebook with these answers."""
    folder = course / "submitted" / student / "ps1"
    shutil.copytree(course / "release" / "ps1", folder)
    for path in folder.glob("*.ipynb"):
        path.chmod(0o644)
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if not cell.metadata.get("nbgrader", {}).get("solution"):
                continue
            for known, text in answers.items():
                if known in cell.source:
                    cell.source = text
        nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader's example course with one assignment, released and handed in by four students."""
    folder = tmp_path_factory.mktemp("quickstart")
    nbgrader(folder, "quickstart", "example")
    course = folder / "example"
    nbgrader(course, "generate_assignment", "ps1")
    hand_in(course, "ada", ANSWERS)
    hand_in(course, "bob", {})
    forgets = ANSWERS["def squares"].replace("n + 1", "n")
    hand_in(course, "cyd", {**ANSWERS, "def squares": forgets})
    repeats = "def sum_of_squares(n):\n    return n * (n + 1) * (2 * n + 1) // 6"
    hand_in(course, "dee", {**ANSWERS, "def sum_of_squares": repeats})
    return course


def points(course: Path) -> dict[str, dict[str, float]]:
    """The automatic points by student and cell, where there are any."""
    found: dict[str, dict[str, float]] = {}
    for row in rows(f"sqlite:///{course}/gradebook.db", "ps1"):
        if row["auto_score"] is not None:
            found.setdefault(row["student"], {})[row["cell"]] = row["auto_score"]
    return found


@pytest.fixture(scope="module")
def expected(example: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """The points that nbgrader itself gives."""
    theirs = shutil.copytree(example, tmp_path_factory.mktemp("stock") / "course")
    nbgrader(theirs, "autograde", "ps1")
    return points(theirs)


@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_the_example_course_gets_the_marks_that_nbgrader_gives(
    example: Path, expected: dict[str, dict[str, float]], tmp_path: Path, mode: str
) -> None:
    ours = shutil.copytree(example, tmp_path / "course")
    command = [sys.executable, "-m", "course_lib.cli", "grade", "ps1", "--course", str(ours), "--mode", mode]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    given = points(ours)
    assert given == expected
    assert set(given) == {"ada", "bob", "cyd", "dee"}
    totals = {student: sum(scores.values()) for student, scores in given.items()}
    assert totals["bob"] == 0
    assert totals["ada"] > totals["dee"] > totals["cyd"] > 0
