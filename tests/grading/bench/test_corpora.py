"""The generated classes: the answers are what they are called, and a class is a mixture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from course_lib.grading.bench import corpora
from course_lib.grading.source import AssignmentError

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("name", corpora.CORPORA)
def test_answers_are_what_they_are_called(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.grading.bench.every_answer", name],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for grade_id, kinds in json.loads(done.stdout).items():
        assert kinds["right"] == [True] * len(kinds["right"]), grade_id
        assert not any(kinds["wrong"] + kinds["raises"]), grade_id
        assert len(kinds["right"]) >= 3, grade_id
        assert len(kinds["wrong"]) >= 2, grade_id
        assert kinds["raises"], grade_id


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> corpora.Course:
    return corpora.make(corpora.read("numpy"), tmp_path_factory.mktemp("class") / "course", 60, seed=1)


def notebook(course: corpora.Course, student: str) -> nbformat.NotebookNode:
    return nbformat.read(course.submitted / student / course.slug / f"{course.slug}.ipynb", as_version=4)


def answers(course: corpora.Course, student: str) -> dict[str, str]:
    cells = notebook(course, student).cells
    found = {cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell.source for cell in cells}
    return {grade_id: found[grade_id] for grade_id in corpora.read("numpy").answers}


def test_a_class_is_a_mixture(course: corpora.Course) -> None:
    corpus = corpora.read("numpy")
    met: Counter[str] = Counter()
    for student in course.students:
        for grade_id, source in answers(course, student).items():
            text = source.replace(f"\n\n# {student}", "")
            kinds = [kind for kind, texts in corpus.answers[grade_id].items() if text in texts]
            met[kinds[0] if kinds else "stub"] += 1
            assert kinds or "NotImplementedError" in text
    assert set(met) == {"right", "wrong", "raises", "stub"}
    assert met["right"] > sum(met.values()) / 2


def test_no_two_submissions_are_the_same(course: corpora.Course) -> None:
    touched = [json.dumps(answers(course, student)) for student in course.students]
    touched = [text for text in touched if "# student" in text]
    assert len(touched) > 50
    assert len(set(touched)) == len(touched)


def test_students_add_cells_of_their_own(course: corpora.Course) -> None:
    added = [
        cell.source
        for student in course.students
        for cell in notebook(course, student).cells
        if cell.get("id", "").startswith("scratch-")
    ]
    assert len(added) >= 5


def test_submissions_hold_no_hidden_test(course: corpora.Course) -> None:
    for path in course.submitted.rglob("*.ipynb"):
        assert "HIDDEN" not in path.read_text(encoding="utf-8")


def test_the_same_seed_makes_the_same_class(course: corpora.Course, tmp_path: Path) -> None:
    corpus = corpora.read("numpy")
    again = corpora.make(corpus, tmp_path / "again", 4, seed=1)
    other = corpora.make(corpus, tmp_path / "other", 4, seed=2)
    assert [answers(again, s) for s in again.students] == [answers(course, s) for s in again.students]
    assert [answers(again, s) for s in again.students] != [answers(other, s) for s in other.students]


def test_unknown_corpora_are_named() -> None:
    with pytest.raises(AssignmentError, match="jax: no such corpus; there are: frameworks, numpy, training"):
        corpora.read("jax")
