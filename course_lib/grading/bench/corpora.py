"""Generated classes: real nbgrader course folders with a realistic mixture of submissions.

A corpus is an assignment, `classes/<name>.md`, and the answers students give, `classes/<name>-answers.md`:
right ones in several styles, wrong ones, ones that raise. A class is drawn from them with a seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from course_lib.grading import release
from course_lib.grading.source import Assignment, AssignmentError, answer, load

CORPORA = {
    "frameworks": "PyTorch and Keras: layers, shapes and gradients; nothing is trained",
    "numpy": "NumPy only",
    "training": "PyTorch and Keras; the tests train for about 2 s",
}

RIGHT, WRONG, RAISES, STUB = "right", "wrong", "raises", "stub"

_FOLDER = Path(__file__).parent / "classes"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RECEIVED = "2026-03-02 10:00:00 UTC"

# How often a student of each kind is met, and what such a student hands in for a task.
_STUDENTS: dict[str, tuple[float, dict[str, float]]] = {
    "strong": (0.30, {RIGHT: 1.0}),
    "usual": (0.58, {RIGHT: 0.74, WRONG: 0.16, STUB: 0.06, RAISES: 0.04}),
    "weak": (0.10, {RIGHT: 0.35, WRONG: 0.35, STUB: 0.20, RAISES: 0.10}),
    "absent": (0.02, {STUB: 1.0}),
}
_SCRATCH_SHARE, _BROKEN_SHARE = 0.3, 0.02
"""Shares of submissions with a cell of the student's own, and with one that fails."""


@dataclass(frozen=True)
class Corpus:
    """An assignment and, by solution cell and kind of answer, what students write in it."""

    name: str
    assignment: Assignment
    answers: Mapping[str, Mapping[str, list[str]]] = field(repr=False)


@dataclass(frozen=True)
class Course:
    """An nbgrader course folder with a class that has handed in and has not been graded."""

    root: Path
    slug: str
    students: tuple[str, ...]

    @property
    def submitted(self) -> Path:
        """The folder of the submissions, one folder per student in it."""
        return self.root / "submitted"


def read(name: str) -> Corpus:
    """One of CORPORA. Raises AssignmentError for a name that is not one, or answers that do not fit."""
    if name not in CORPORA:
        raise AssignmentError(f"{name}: no such corpus; there are: {', '.join(CORPORA)}")
    assignment = load(_FOLDER / f"{name}.md")
    answers = _answers((_FOLDER / f"{name}-answers.md").read_text(encoding="utf-8"))
    for grade_id, cell in assignment.solutions().items():
        answers.setdefault(grade_id, {}).setdefault(RIGHT, []).insert(0, answer(cell.source))
    if unknown := set(answers) - set(assignment.solutions()):
        raise AssignmentError(f"{name}-answers.md: no solution cell is called {', '.join(sorted(unknown))}")
    return Corpus(name, assignment, answers)


def _answers(text: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        grade_id, _, rest = section.partition("\n")
        for part in re.split(r"^### ", rest, flags=re.MULTILINE)[1:]:
            kind, _, blocks = part.partition("\n")
            found.setdefault(grade_id.strip(), {})[kind.strip()] = [b.strip() for b in _BLOCK.findall(blocks)]
    return found


def make(corpus: Corpus, root: Path, size: int, seed: int = 0) -> Course:
    """Write a class of `size` submissions as a course folder, with nbgrader's own gradebook, at `root`.

    The first student answers everything as the author does; the others are drawn with `seed`.
    """
    slug = corpus.assignment.slug
    released = release.generate([corpus.assignment], root)[slug]
    students = []
    for number in range(1, size + 1):
        draw = random.Random(f"{seed} {corpus.name} {number}")
        student = f"student-{number:03d}"
        folder = root / "submitted" / student / slug
        folder.mkdir(parents=True)
        text = _submission(corpus, released, draw, student, perfect=number == 1)
        (folder / f"{slug}.ipynb").write_text(text, encoding="utf-8")
        (folder / "timestamp.txt").write_text(_RECEIVED + "\n", encoding="utf-8")
        students.append(student)
    return Course(root, slug, tuple(students))


def _submission(corpus: Corpus, released: str, draw: random.Random, student: str, *, perfect: bool) -> str:
    notebook = nbformat.reads(released, as_version=4)
    kind = draw.choices(list(_STUDENTS), [share for share, _ in _STUDENTS.values()])[0]
    mixture = _STUDENTS["strong" if perfect else kind][1]
    solutions = []
    for position, cell in enumerate(notebook.cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id not in corpus.answers:
            continue
        solutions.append(position)
        chosen = draw.choices(list(mixture), list(mixture.values()))[0]
        if chosen != STUB:
            texts = corpus.answers[grade_id][chosen]
            # No two submissions are the same text, as in a class.
            cell.source = f"{texts[0] if perfect else draw.choice(texts)}\n\n# {student}"
    if not perfect and draw.random() < _SCRATCH_SHARE:
        broken = draw.random() < _BROKEN_SHARE / _SCRATCH_SHARE
        source = f"print(result)  # {student}" if broken else f"print('so far so good', {draw.random():.3f})"
        cell = nbformat.v4.new_code_cell(source, id=f"scratch-{student}")
        notebook.cells.insert(draw.choice(solutions) + 1, cell)
    return nbformat.writes(notebook, version=4)
