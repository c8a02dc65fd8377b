"""What nbgrader made of every answer of the course: a record, for nbgrader takes seconds over each.

`python -m tests.grading.records.recorded` has nbgrader grade them all and writes the record anew: 5 minutes on 2 cores.
It holds no marks, only what tells whether two graders were asked the same and gave the same.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from tqdm import tqdm

from course_lib.grading import source
from course_lib.kernels import PROVISIONER
from course_lib.notebooks.environment import cores
from tests.grading.records import courses
from tests.grading.records.courses import Course

ROOT = Path(__file__).resolve().parents[3]
RECORD = Path(__file__).with_name("nbgrader.json")

Given = dict[str, dict[str, str]]
"""By `assignment/student`: what was asked, and what was given."""


def read() -> Given:
    """The record."""
    return json.loads(RECORD.read_text(encoding="utf-8"))


def grades(course: Course, slugs: Sequence[str]) -> Given:
    """What to compare with the record, of every student who was graded."""
    found = {}
    for slug in slugs:
        rows = defaultdict(list)
        for row in course.rows(slug):
            rows[row["student"]].append(row)
        for student, theirs in rows.items():
            notebook = content(course.autograded(student, slug) / f"{slug}.ipynb")
            given = _digest(json.dumps(_plain([theirs, notebook]), sort_keys=True))
            found[f"{slug}/{student}"] = {"asked": _asked(course, slug, student), "given": given}
    return dict(sorted(found.items()))


def content(path: Path) -> list[list[Any]]:
    """What a person and nbgrader read in a notebook: not the outputs, which hold times and addresses."""
    return [
        [cell.cell_type, cell.source, cell.metadata.get("nbgrader"), cell.get("execution_count")]
        for cell in nbformat.read(path, as_version=4).cells
    ]


def _plain(value: Any) -> Any:
    """The same value, with all numbers as floats: 2 points and 2.0 points are the same."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _asked(course: Course, slug: str, student: str) -> str:
    notebooks = [course.root / "source" / slug, course.root / "submitted" / student / slug]
    texts = [(folder / f"{slug}.ipynb").read_text(encoding="utf-8") for folder in notebooks]
    return _digest(version("nbgrader"), *texts)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def grade_with_nbgrader(
    made: Course, folder: Path, students: Mapping[str, Collection[str]]
) -> dict[str, Course]:
    """Has nbgrader grade these students of each assignment; a course with its gradebook for each assignment.

    A gradebook each: nbgrader is not made for two processes on one.
    """
    stock = {slug: made.only(folder / f"stock-{slug}", slug, names) for slug, names in students.items()}
    environment = {"JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER}
    with ThreadPoolExecutor(cores()) as threads:
        done = [
            threads.submit(courses.autograde, course, slug, environment) for slug, course in stock.items()
        ]
        for future in tqdm(done, desc="nbgrader", unit="assignment", disable=None):
            future.result()
    return stock


def main() -> int:
    """Writes the record."""
    assignments = [source.load(path) for path in source.find(ROOT)]
    with tempfile.TemporaryDirectory() as scratch:
        made = courses.make(assignments, Path(scratch) / "made")
        students = {assignment.slug: made.students(assignment.slug) for assignment in assignments}
        stock = grade_with_nbgrader(made, Path(scratch), students)
        found: Given = {}
        for slug, course in stock.items():
            found |= grades(course, [slug])
    RECORD.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{RECORD.name}: {len(found)} answers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
