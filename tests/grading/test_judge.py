"""What the marks say against an assignment, from made-up marks; no kernel runs here."""

from pathlib import Path

import nbformat
import pytest

from course_lib.grading import checks, source, submissions
from course_lib.grading.engine.model import CellResult, NotebookResult, Result
from course_lib.grading.submissions import Outcome
from tests.grading import counting

FULL = {"test_total": 3.0, "test_largest": 3.0, "test_product": 3.0}
EXAMPLES = "TestResults(failed=0, attempted=3)"


@pytest.fixture
def assignment(tmp_path: Path) -> source.Assignment:
    return source.load(counting.course(tmp_path))


@pytest.fixture
def outcomes(assignment: source.Assignment) -> dict[str, Outcome]:
    """Everything as it should be."""
    good = {f"{name}.{run}": Outcome(dict(FULL)) for run in (1, 2) for name in ("reference", "stub")}
    good |= {f"{v.name}.{run}": Outcome(dict(FULL)) for run in (1, 2) for v in assignment.alternatives}
    good["reference.1"].examples = EXAMPLES
    good |= {f"stub.{run}": Outcome(dict.fromkeys(FULL, 0.0)) for run in (1, 2)}
    for v in assignment.wrong:
        good[f"{v.name}.1"] = Outcome(FULL | {v.test: 0.0}, {v.test: f"AssertionError: {v.message}"})
    return good


def test_good_marks_are_no_defect(assignment: source.Assignment, outcomes: dict[str, Outcome]) -> None:
    assert checks.judge(assignment, outcomes) == []


def test_a_wrong_answer_that_is_not_caught(
    assignment: source.Assignment, outcomes: dict[str, Outcome]
) -> None:
    outcomes["wrong-counts.1"] = Outcome(FULL | {"test_product": 0.0}, {"test_product": "AssertionError: x"})
    (line,) = checks.judge(assignment, outcomes)
    assert line.endswith("wrong/counts.py: not caught by 'test_total' (but by test_product)")


def test_a_wrong_answer_with_another_message(
    assignment: source.Assignment, outcomes: dict[str, Outcome]
) -> None:
    outcomes["wrong-counts.1"].errors["test_total"] = "NameError: name 'nunbers' is not defined"
    (line,) = checks.judge(assignment, outcomes)
    assert "NameError: name 'nunbers'" in line
    assert "does not contain 'total of three numbers'" in line


def test_a_stub_with_points(assignment: source.Assignment, outcomes: dict[str, Outcome]) -> None:
    outcomes["stub.1"].marks["test_largest"] = outcomes["stub.2"].marks["test_largest"] = 3.0
    (line,) = checks.judge(assignment, outcomes)
    assert line.endswith("the untouched exercise gets 3 points on 'test_largest'")


def test_an_alternative_that_loses_points_to_stderr(
    assignment: source.Assignment, outcomes: dict[str, Outcome]
) -> None:
    for run in (1, 2):
        outcomes[f"alternative-noisy.{run}"] = Outcome(
            FULL | {"test_product": 0.0}, {}, {"test_product": "slow"}
        )
    (line,) = checks.judge(assignment, outcomes)
    assert (
        "alternatives/noisy.py: loses 3 points on 'test_product': nothing failed, but it wrote to stderr"
        in line
    )


def test_marks_that_change(assignment: source.Assignment, outcomes: dict[str, Outcome]) -> None:
    outcomes["alternative-builtin.2"].marks["test_total"] = 0.0
    (line,) = checks.judge(assignment, outcomes)
    assert line.endswith("'alternative-builtin' gets other marks in a second run: test_total")


def test_the_outcome_of_a_result(assignment: source.Assignment) -> None:
    stderr = {"output_type": "stream", "name": "stderr", "text": "slow\nreally\n"}
    cells = [
        CellResult("code", "...", "test_total", 3.0, 3.0),
        CellResult("code", "...", "test_largest", 3.0, 0.0, "no largest"),
        CellResult("code", "...", "test_product", 3.0, 0.0, outputs=[stderr]),
        CellResult("markdown", "...", "why", 3.0),
    ]
    result = Result("one", "counting", "", "", "strict", notebooks=[NotebookResult("counting", cells=cells)])
    found = submissions.outcome(assignment, result)
    assert found.marks == FULL | {"test_largest": 0.0, "test_product": 0.0}
    assert (found.errors, found.stderr) == ({"test_largest": "no largest"}, {"test_product": "slow"})
    with pytest.raises(submissions.NotGraded, match="no sandbox"):
        submissions.outcome(assignment, Result("one", "counting", "", "", "strict", "failed", "no sandbox"))


def test_a_wrong_example_in_a_docstring(assignment: source.Assignment, outcomes: dict[str, Outcome]) -> None:
    shown = "Failed example:\n    total([3, 1, 2])\nExpected:\n    7\nGot:\n    6\n"
    outcomes["reference.1"].examples = f"File x\n{shown}***\nTestResults(failed=1, attempted=3)"
    (line,) = checks.judge(assignment, outcomes)
    assert line.endswith("a docstring's example is wrong: 'total([3, 1, 2])' gives '6', not '7'")


def test_wrong_answers_are_handed_in_once_and_right_ones_twice(assignment: source.Assignment) -> None:
    made = submissions.make(assignment, nbformat.writes(assignment.notebook), runs=2)
    names = [submission.student for submission in made]
    assert len(names) == len(set(names)) == 2 * (2 + 3) + 6
    counts = next(s for s in made if s.student == "wrong-counts.1")
    assert "return len(numbers)" in counts.text
    assert "math.fsum" not in counts.text


def test_a_wrong_answer_keeps_the_cells_its_test_needs_and_no_other(tmp_path: Path) -> None:
    text = counting.SOURCE.replace(
        "return sorted(list(numbers), reverse=True)[0]", "return product([1]) * max(numbers)"
    )
    assignment = source.load(counting.course(tmp_path / "other", text=text))
    made = submissions.make(assignment, nbformat.writes(assignment.notebook), runs=1)
    filled = {submission.student: filled_cells(assignment, submission) for submission in made}
    assert filled["reference.1"] == {"total", "largest", "product"}
    assert filled["stub.1"] == set()
    assert filled["wrong-counts.1"] == {"total"}
    assert filled["wrong-last.1"] == {"largest"}
    assert filled["wrong-from-zero.1"] == {"largest"}
    text = counting.wrong("test_largest", "did you", "largest", "return max(0, product([1]))")
    (assignment.path.parent / "wrong" / "uses_product.py").write_text(text, encoding="utf-8")
    again = submissions.make(source.load(assignment.path), nbformat.writes(assignment.notebook), runs=1)
    (uses,) = [submission for submission in again if submission.student == "wrong-uses-product.1"]
    assert filled_cells(assignment, uses) == {"largest", "product"}


def filled_cells(assignment: source.Assignment, submission: submissions.Submission) -> set[str]:
    """The solution cells that were filled in; the others still hold the source with its markers."""
    cells = nbformat.reads(submission.text, as_version=4).cells
    return {c.id for c in cells if c.id in assignment.solutions() and "BEGIN SOLUTION" not in c.source}
