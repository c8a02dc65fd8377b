"""Compat mode gives the grades that nbgrader gives, row by row: answers of every assignment.

Of the wrong answers every third is graded; nbgrader itself grades one of them, and whatever is not in the record of
what it gave before, or differs from it. With `--every-answer` both grade all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from course_lib.grading import checks, source, submissions
from course_lib.grading.engine.model import Result
from course_lib.grading.source import Assignment
from course_lib.notebooks.environment import cores
from tests.grading.records import courses, recorded
from tests.grading.records.courses import Course

REPORT = recorded.ROOT / "_build" / "grading" / "compat.txt"

Row = dict[str, Any]


@dataclass(frozen=True)
class Graded:
    """The assignments; the course after the engine, with its results; the courses after nbgrader."""

    assignments: list[Assignment]
    ours: Course
    results: dict[str, list[Result]]
    stock: dict[str, Course]


@pytest.fixture(scope="module")
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The answers graded by the engine, and those that are not as recorded by nbgrader."""
    folder = tmp_path_factory.mktemp("compat")
    every = request.config.getoption("--every-answer")
    assignments = [source.load(path) for path in source.find(recorded.ROOT)]
    for assignment in assignments if not every else []:
        assignment.wrong = assignment.wrong[::3]
    slugs = [assignment.slug for assignment in assignments]
    made = courses.make(assignments, folder / "made")
    ours = made.copy(folder / "ours")
    results = {slug: courses.grade_with_engine(ours, slug, jobs=cores()) for slug in slugs}
    before = {} if every else recorded.read()
    given = recorded.grades(ours, slugs)
    students = {
        a.slug: {f"{a.wrong[0].name}.1"}
        | {s for s in made.students(a.slug) if given[f"{a.slug}/{s}"] != before.get(f"{a.slug}/{s}")}
        for a in assignments
    }
    return Graded(assignments, ours, results, recorded.grade_with_nbgrader(made, folder, students))


def differences(stock: list[Row], ours: list[Row]) -> list[str]:
    """One line for each value that differs, and for each row that only one side has."""
    tables = [{(r["student"], r["notebook"], r["cell"]): r for r in rows} for rows in (stock, ours)]
    found = []
    for key in sorted(tables[0].keys() | tables[1].keys()):
        left, right = (table.get(key, {}) for table in tables)
        found += [
            f"{'/'.join(key)}: {name}: nbgrader {left.get(name)!r}, engine {right.get(name)!r}"
            for name in sorted(left.keys() | right.keys())
            if left.get(name) != right.get(name)
        ]
    return found


def test_every_row_is_the_same(graded: Graded, capsys: pytest.CaptureFixture[str]) -> None:
    lines, found = ["assignment       answers  rows  by nbgrader now  different"], []
    for assignment in graded.assignments:
        slug = assignment.slug
        theirs, mine = graded.stock[slug].rows(slug), graded.ours.rows(slug)
        now = {row["student"] for row in theirs}
        # The others are as recorded.
        different = differences(theirs, [row for row in mine if row["student"] in now])
        students = {row["student"] for row in mine}
        lines.append(f"{slug:16} {len(students):7}  {len(mine):4}  {len(now):15}  {len(different):9}")
        found += [f"{slug}: {line}" for line in different]
        assert len(students) == 2 + len(assignment.wrong) + len(assignment.alternatives)
        tests = [row for row in mine if row["auto_score"] and row["student"] == "reference.1"]
        assert sum(row["max_score"] for row in tests) == sum(row["score"] for row in tests) > 0
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join([*lines, "", *found]).rstrip() + "\n", encoding="utf-8")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert found == []


def test_a_difference_is_seen() -> None:
    row = {"student": "ann", "notebook": "n", "cell": "t", "auto_score": 1.0}
    other = row | {"cell": "u"}
    assert differences([row], [row]) == []
    assert differences([row], [row | {"auto_score": 0.0}]) == [
        "ann/n/t: auto_score: nbgrader 1.0, engine 0.0"
    ]
    assert len(differences([row, other], [row])) == 4


def test_the_notebooks_are_the_same_but_for_what_ran(graded: Graded) -> None:
    compared = 0
    for slug, course in graded.stock.items():
        for theirs in sorted((course.root / "autograded").glob(f"*/{slug}/{slug}.ipynb")):
            mine = graded.ours.autograded(theirs.parts[-3], slug) / theirs.name
            assert recorded.content(mine) == recorded.content(theirs), mine
            compared += 1
    assert compared >= len(graded.assignments)


def test_nbgraders_rules_judge_every_answer_rightly(graded: Graded) -> None:
    for assignment in graded.assignments:
        results = graded.results[assignment.slug]
        outcomes = {result.student: submissions.outcome(assignment, result) for result in results}
        assert checks.judge(assignment, outcomes) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda course, slug: (course.root / "source" / slug / f"{slug}.ipynb").open("a").write(" "),
        lambda course, slug: (course.autograded("reference.1", slug) / f"{slug}.ipynb").write_text(
            (course.autograded("stub.1", slug) / f"{slug}.ipynb").read_text()
        ),
    ],
    ids=["asked", "given"],
)
def test_another_question_or_answer_is_not_as_recorded(
    graded: Graded, tmp_path: Path, change: Callable[[Course, str], object]
) -> None:
    slug = graded.assignments[0].slug
    course = graded.ours.copy(tmp_path / "course")
    before = recorded.grades(course, [slug])
    change(course, slug)
    after = recorded.grades(course, [slug])
    assert before.keys() == after.keys()
    assert before[f"{slug}/reference.1"] != after[f"{slug}/reference.1"]
