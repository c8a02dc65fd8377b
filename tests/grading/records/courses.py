"""nbgrader courses with submissions, graded by nbgrader itself and by the engine."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from course_lib.grading import release, stock, submissions
from course_lib.grading.engine import pool
from course_lib.grading.engine.bundle import from_course
from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import COMPAT, GRADED, Result
from course_lib.grading.engine.reading import read_submissions
from course_lib.grading.records.gradebook import Writer, rows
from course_lib.grading.records.notebooks import write_autograded
from course_lib.grading.source import Assignment
from course_lib.kernels.sandbox import protections


@dataclass(frozen=True)
class Course:
    """A course folder as nbgrader lays it out."""

    root: Path

    @property
    def db_url(self) -> str:
        """The address of its gradebook."""
        return f"sqlite:///{self.root}/gradebook.db"

    def autograded(self, student: str, slug: str) -> Path:
        """Where an autograded submission is."""
        return self.root / "autograded" / student / slug

    def rows(self, slug: str) -> list[dict[str, Any]]:
        """What the gradebook holds."""
        return rows(self.db_url, slug)

    def students(self, slug: str) -> list[str]:
        """Those who have handed in."""
        return sorted(folder.parent.name for folder in (self.root / "submitted").glob(f"*/{slug}"))

    def copy(self, root: Path) -> Course:
        """The same course elsewhere."""
        shutil.copytree(self.root, root)
        return Course(root)

    def only(self, root: Path, slug: str, students: Collection[str]) -> Course:
        """The same course elsewhere, with one assignment of these students."""
        copied = self.copy(root)
        for folder in (root / "submitted").glob("*/*"):
            if folder.name != slug or folder.parent.name not in students:
                shutil.rmtree(folder)
        return copied


def make(assignments: Sequence[Assignment], root: Path) -> Course:
    """Generates the assignments and hands in the answers that they have: right, wrong and none."""
    texts = release.generate(assignments, root)
    for assignment in assignments:
        for made in submissions.make(assignment, texts[assignment.slug], 1):
            folder = root / "submitted" / made.student / assignment.slug
            folder.mkdir(parents=True)
            (folder / f"{assignment.slug}.ipynb").write_text(made.text, encoding="utf-8")
    return Course(root)


def autograde(course: Course, slug: str, environment: Mapping[str, str]) -> None:
    """Grades as `nbgrader autograde` does."""
    request = {"course": str(course.root), "slug": slug, "step": "autograde"}
    stock.child([request], environment=dict(environment))


def grade_with_engine(course: Course, slug: str, *, jobs: int, mode: str = COMPAT) -> list[Result]:
    """Grades with the engine, into the same gradebook and folders."""
    bundle = from_course(course.root, slug)
    handed_in = list(read_submissions(course.root / "submitted", slug))
    by_student = {submission.student: submission for submission in handed_in}
    work = partial(grade, mode=mode, level=protections().level())
    results = []
    with Writer(course.db_url) as gradebook:
        for result in pool.run(bundle, handed_in, work, jobs):
            assert result.status == GRADED, f"{result.student}: {result.reason}"
            gradebook.write(result, bundle)
            submission = by_student[result.student]
            write_autograded(result, bundle, submission, course.autograded(result.student, slug))
            results.append(result)
    return results
