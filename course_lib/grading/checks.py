"""Proves that an assignment's tests judge rightly, in the judge and by nbgrader's rules."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from course_lib.grading import release, submissions
from course_lib.grading.engine import pool
from course_lib.grading.engine.bundle import from_assignment
from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import MODES, STRICT
from course_lib.grading.source import Assignment, Variant
from course_lib.grading.submissions import Outcome
from course_lib.kernels.sandbox import protections

_FAILED_EXAMPLE = re.compile(
    r"Failed example:\s*(.*?)\nExpected:?\s*(.*?)\nGot:?\s*(.*?)\n(?:\*|TestResults)", re.DOTALL
)

Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What was found about one assignment: the outcomes in strict mode; defects, one line each, `file: what`."""

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
    modes: Sequence[str] = MODES,
    progress: Progress | None = None,
) -> tuple[list[Report], dict[str, str]]:
    """Grades every answer of every assignment in these modes and judges the marks.

    jobs: grading processes at the same time. runs: how often right answers are graded in strict mode.
    progress: called with (graded, all). Returns the reports and the student notebooks by slug.
    """
    texts = release.build(assignments)
    # A second run looks for marks that change; in one mode is enough for that.
    todo = {
        (a.slug, mode): submissions.make(a, texts[a.slug], runs if mode == STRICT else 1)
        for a in assignments
        for mode in modes
    }
    total = sum(map(len, todo.values()))
    level = protections().level()
    done = 0
    reports = []
    for assignment in assignments:
        report = Report(assignment)
        bundle, start = from_assignment(assignment), time.perf_counter()
        for mode in modes:
            made = todo[assignment.slug, mode]
            outcomes: dict[str, Outcome] = {}
            handed_in = [submissions.handed_in(assignment, submission) for submission in made]
            for result in pool.run(bundle, handed_in, partial(grade, mode=mode, level=level), jobs):
                try:
                    outcomes[result.student] = submissions.outcome(assignment, result)
                except submissions.NotGraded as error:
                    line = f"{assignment.path}: '{result.student}' was not graded: {error}"
                    report.defects.append(f"{line} ({mode})")
                done += 1
                if progress:
                    progress(done, total)
            if len(outcomes) == len(made):
                report.defects += [f"{line} ({mode})" for line in judge(assignment, outcomes)]
            if mode == STRICT:
                report.outcomes = outcomes
        report.seconds = time.perf_counter() - start
        reports.append(report)
    return reports, texts


def judge(assignment: Assignment, outcomes: dict[str, Outcome]) -> list[str]:
    """What the outcomes of all its answers say against the assignment: one line each, `file: what`."""
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
