"""Proves that an assignment's tests judge rightly, with nbgrader as the grader."""

import json
import math
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from course_lib.grading import release, stock, submissions
from course_lib.grading.source import Assignment, Variant
from course_lib.grading.submissions import Outcome, Submission

CHUNK = 12  # submissions per nbgrader process
_POLL = 0.2  # seconds between two looks at what is done

_FAILED_EXAMPLE = re.compile(
    r"Failed example:\s*(.*?)\nExpected:?\s*(.*?)\nGot:?\s*(.*?)\n(?:\*|TestResults)", re.DOTALL
)

Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What was found about one assignment. `defects` holds one line each, `file: what`."""

    assignment: Assignment
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    defects: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def row(self) -> list[str]:
        """The assignment's line in the table."""
        a, full = self.assignment, self.assignment.auto_points()
        marks = {name: outcome.total() for name, outcome in self.outcomes.items()}
        wrong = [marks.get(f"{v.name}.1", full) for v in a.wrong]
        right = [marks.get(f"{v.name}.1", 0.0) for v in a.alternatives]
        return [
            a.slug,
            f"{a.points():g} ({full:g} by tests)",
            str(len(a.tests()) + len(a.manual())),
            f"{marks.get('reference.1', 0):g}/{full:g}",
            f"{marks.get('stub.1', full):g}",
            f"{sum(m < full for m in wrong)}/{len(wrong)}",
            f"{sum(m == full for m in right)}/{len(right)}",
            f"{self.seconds:.0f} s",
            f"defects: {len(self.defects)}" if self.defects else "good",
        ]


HEADER = [
    *("assignment", "points", "tasks", "reference", "stub"),
    *("wrong caught", "alternatives", "grading", "verdict"),
]


def check(
    assignments: Sequence[Assignment],
    *,
    jobs: int = 1,
    runs: int = 2,
    progress: Progress | None = None,
    environment: dict[str, str] | None = None,
) -> tuple[list[Report], dict[str, str]]:
    """Grades every answer of every assignment and judges the marks.

    jobs: nbgrader processes at the same time. runs: how often each answer is graded.
    progress: called with (graded, all). environment: variables for nbgrader and its kernels.
    Returns the reports and the student notebooks by slug.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        courses = Path(scratch)
        texts = release.generate(assignments, courses / "made")
        chunks: list[tuple[Assignment, Path]] = []
        students: dict[str, list[str]] = {}
        for assignment in assignments:
            todo = submissions.make(assignment, texts[assignment.slug], runs)
            students[assignment.slug] = [submission.student for submission in todo]
            parts = max(math.ceil(len(todo) / CHUNK), min(jobs, len(todo)) if len(assignments) < jobs else 1)
            for number in range(parts):
                course = courses / f"{assignment.slug}-{number}"
                shutil.copytree(courses / "made", course)
                _hand_in(course, assignment.slug, todo[number::parts])
                chunks.append((assignment, course))
        reports = {a.slug: Report(a) for a in assignments}
        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            futures = {pool.submit(_grade, course, a.slug, environment): a for a, course in chunks}
            _follow(
                set(futures), [course for _, course in chunks], sum(map(len, students.values())), progress
            )
        for future, assignment in futures.items():
            report = reports[assignment.slug]
            try:
                outcomes, seconds = future.result()
            except stock.GradingFailed as error:
                report.defects.append(f"{assignment.path}: nbgrader stopped: {error}")
                continue
            report.outcomes |= outcomes
            report.seconds += seconds
        for report in reports.values():
            if not report.defects:
                report.defects += judge(report.assignment, report.outcomes, students[report.assignment.slug])
    return list(reports.values()), texts


def _hand_in(course: Path, slug: str, todo: Sequence[Submission]) -> None:
    for submission in todo:
        folder = course / "submitted" / submission.student / slug
        folder.mkdir(parents=True)
        (folder / f"{slug}.ipynb").write_text(submission.text, encoding="utf-8")


def _grade(course: Path, slug: str, environment: dict[str, str] | None) -> tuple[dict[str, Outcome], float]:
    start = time.perf_counter()
    stock.child([{"course": str(course), "slug": slug, "step": "autograde"}], environment=environment)
    seconds = time.perf_counter() - start
    marks = json.loads((course / "marks.json").read_text(encoding="utf-8"))
    outcomes = {
        student: submissions.read(course / "autograded" / student / slug / f"{slug}.ipynb", given)
        for student, given in marks.items()
    }
    return outcomes, seconds


def _follow(futures: set[Future], courses: Sequence[Path], total: int, progress: Progress | None) -> None:
    pending = futures
    while pending:
        _, pending = wait(pending, timeout=_POLL, return_when=FIRST_COMPLETED)
        if progress:
            progress(sum(len(list(c.glob("autograded/*/*/*.ipynb"))) for c in courses), total)


def judge(assignment: Assignment, outcomes: dict[str, Outcome], students: Sequence[str]) -> list[str]:
    """What the outcomes say against the assignment: one line each, `file: what`.

    students: the names of all submissions that were handed in.
    """
    missing = [name for name in students if name not in outcomes]
    if missing:
        return [f"{assignment.path}: nbgrader did not grade '{name}'" for name in missing]
    found = _reference(assignment, outcomes["reference.1"])
    for grade_id, points in outcomes["stub.1"].marks.items():
        if points > 0:
            found.append(f"{assignment.path}: the untouched exercise gets {points:g} points on '{grade_id}'")
    for variant in assignment.wrong:
        found += _wrong(assignment, variant, outcomes[f"{variant.name}.1"])
    for variant in assignment.alternatives:
        found += _full(assignment, str(variant.path), outcomes[f"{variant.name}.1"])
    for name, outcome in outcomes.items():
        first = outcomes[f"{name.rpartition('.')[0]}.1"]
        if outcome.marks != first.marks:
            changed = ", ".join(g for g in first.marks if first.marks[g] != outcome.marks.get(g))
            found.append(
                f"{assignment.path}: '{name.rpartition('.')[0]}' gets other marks in a second run: {changed}"
            )
    return found


def _reference(assignment: Assignment, outcome: Outcome) -> list[str]:
    found = _full(assignment, f"{assignment.path}: the reference", outcome, separator=" ")
    shown = submissions.examples_of(assignment)
    if shown and "failed=0" not in outcome.examples:
        told = _FAILED_EXAMPLE.search(outcome.examples)
        what = f"'{told[1]}' gives {told[3]!r}, not {told[2]!r}" if told else "see the docstrings"
        found.append(f"{assignment.path}: a docstring's example is wrong: {' '.join(what.split())}")
    return found


def _full(assignment: Assignment, who: str, outcome: Outcome, separator: str = ": ") -> list[str]:
    found = []
    for grade_id, cell in assignment.tests().items():
        lost = cell.metadata.nbgrader.points - outcome.marks.get(grade_id, 0.0)
        if lost > 0:
            found.append(f"{who}{separator}loses {lost:g} points on '{grade_id}': {outcome.why(grade_id)}")
    return found


def _wrong(assignment: Assignment, variant: Variant, outcome: Outcome) -> list[str]:
    points = assignment.tests()[variant.test].metadata.nbgrader.points
    if outcome.marks.get(variant.test, 0.0) >= points:
        ran = {g: e for g, e in outcome.errors.items() if not e.startswith("NotImplementedError")}
        others = ", ".join(g for g in ran if g in assignment.tests())
        return [f"{variant.path}: not caught by '{variant.test}'" + (f" (but by {others})" if others else "")]
    said = outcome.why(variant.test)
    if " ".join(variant.message.split()) not in said:
        return [f"{variant.path}: '{variant.test}' says '{said}', which does not contain '{variant.message}'"]
    return []
