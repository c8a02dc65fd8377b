"""A class of eight that has handed in the counting assignment: right, wrong, slow, unfinished and unreadable."""

from __future__ import annotations

from pathlib import Path

import nbformat

from course_lib.grading import release, source
from tests.grading import counting

NAME = "counting"
STUDENTS = ("ann", "bob", "cyd", "dan", "eve", "fay", "gus", "hal")

_RIGHT = {
    "total": "def total(numbers):\n    return sum(numbers)",
    "largest": "def largest(numbers):\n    return max(numbers)",
    "product": "def product(numbers):\n    return eval('*'.join(map(str, numbers)))",
    "why": "Each number counts once, so the order does not matter.",
}
ANSWERS: dict[str, dict[str, str]] = {
    "ann": _RIGHT,
    "bob": _RIGHT | {"total": "def total(numbers):\n    return sum(abs(n) for n in numbers)"},
    "cyd": _RIGHT
    | {
        "largest": "import time\ntime.sleep(0.3)\ndef largest(numbers):\n    time.sleep(0.2)\n    return max(numbers)"
    },
    "dan": {},
    "eve": _RIGHT | {"product": "product = 1 / 0"},
    "gus": _RIGHT | {"largest": "import os\nos._exit(3)"},
    "hal": _RIGHT
    | {"total": "print('here')\ndef total(numbers):\n    print('called')\n    return sum(numbers)"},
}
"""By student and cell; `fay` hands in something else than a notebook."""

SCORES = {"ann": 9, "bob": 6, "cyd": 9, "dan": 0, "eve": 6, "fay": 0, "gus": 6, "hal": 9}
"""What the tests of strict mode give."""


def project(root: Path) -> Path:
    """A course that holds the assignment; returns its root."""
    counting.course(root)
    return root


def course(folder: Path) -> Path:
    """An nbgrader course folder with the assignment generated and everything handed in."""
    texts = release.generate([source.load(counting.course(folder / "text"))], folder / "course")
    hand_in(folder / "course" / "submitted", texts[NAME])
    return folder / "course"


def hand_in(submitted: Path, released: str, students: tuple[str, ...] = STUDENTS) -> None:
    """Write everybody's submission as nbgrader collects it. released: the text of the student notebook."""
    for student in students:
        folder = submitted / student / NAME
        folder.mkdir(parents=True)
        (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC\n", encoding="utf-8")
        (folder / "submission_secret.txt").write_text(f"secret-of-{student}-0123456789", encoding="utf-8")
        text = answered(released, ANSWERS[student]) if student in ANSWERS else "not a notebook"
        (folder / f"{NAME}.ipynb").write_text(text, encoding="utf-8")


def answered(released: str, answers: dict[str, str]) -> str:
    """The student notebook with answers filled in."""
    notebook = nbformat.reads(released, as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    return nbformat.writes(notebook, version=4)
