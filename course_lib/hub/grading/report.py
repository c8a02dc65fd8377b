"""Grades one submission and puts what its student is told into plain data: what a worker process does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import FAILED, GRADED, STRICT, Bundle, Result, Submission
from course_lib.grading.engine.pool import graded
from course_lib.grading.records import feedback
from course_lib.hub.grading.pages import submission as submission_page

_LONGEST_MESSAGE = 1000
_LARGEST_PAGE = 4_000_000
"""Characters of a page that is kept."""


@dataclass
class Report:
    """What is kept of a grading.

    problem: one line, where nothing, or not everything, could be graded. tests: their `name`, `points`, `of`
    and `message`. pages: HTML by notebook.
    """

    failed: bool = False
    problem: str = ""
    points: float = 0.0
    of: float = 0.0
    tests: list[dict[str, Any]] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)


def report(bundle: Bundle, submission: Submission, scope: str, level: str) -> Report:
    """Grade in strict mode. Never raises for anything that a submission can do.

    level: of the sandbox. A failed grading has no pages.
    """

    def strict(bundle: Bundle, submission: Submission) -> Result:
        return grade(bundle, submission, STRICT, level)

    result = graded(strict, bundle, submission)
    if result.status == FAILED:
        return Report(failed=True, problem=result.reason)
    told = Report(problem="" if result.status == GRADED else result.reason)
    for notebook in bundle.notebooks:
        page = feedback.page(bundle, result, notebook)
        many = len(bundle.notebooks) > 1
        for task in page.tasks:
            name = f"{notebook.name}: {task.title}" if many else task.title
            told.tests += [
                _test(name, number, len(task.tests), test) for number, test in enumerate(task.tests, 1)
            ]
        html = submission_page(page, scope)
        if len(html) <= _LARGEST_PAGE:
            told.pages[notebook.name] = html
    told.points = sum(test["points"] for test in told.tests)
    told.of = sum(test["of"] for test in told.tests)
    return told


def _test(task: str, number: int, many: int, test: feedback.Test) -> dict[str, Any]:
    return {
        "name": f"{task}, test {number}" if many > 1 else task,
        "points": test.score,
        "of": test.points,
        "message": test.message[:_LONGEST_MESSAGE],
    }
