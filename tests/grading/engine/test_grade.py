"""A submission in, a result out: points, messages, and what a result may show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from course_lib.grading import source
from course_lib.grading.engine.bundle import from_assignment
from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import Result, Submission
from tests.grading.engine.classroom import answer, bundle, check, essay, hand_in, setup

pytestmark = pytest.mark.usefixtures("servers")

SOLUTIONS = Path(__file__).resolve().parents[3] / "solutions"
ADD = "def add(a, b): return a + b"
MODES = ("strict", "compat")


@pytest.fixture(scope="module")
def perceptron():
    assignment = source.load(SOLUTIONS / "perceptron" / "perceptron.md")
    return assignment, from_assignment(assignment)


def cells(result):
    return {cell.grade_id: cell for cell in result.notebooks[0].cells if cell.grade_id}


def reference(assignment):
    return {grade_id: source.answer(cell.source) for grade_id, cell in assignment.solutions().items()}


# A real assignment, in both modes


@pytest.mark.parametrize("mode", MODES)
def test_the_reference_gets_full_marks(perceptron, mode):
    assignment, made = perceptron
    result = grade(made, hand_in(made, reference(assignment)), mode)
    lost = {name: cell.message for name, cell in cells(result).items() if (cell.score or 0) < cell.points}
    assert lost.keys() == {"explain"}, lost
    assert (result.status, result.score()) == ("graded", assignment.auto_points())
    assert 0 < result.own_cpu < result.cpu


@pytest.mark.parametrize("mode", MODES)
def test_the_stub_gets_nothing(perceptron, mode):
    _, made = perceptron
    result = grade(made, hand_in(made, {}), mode)
    assert (result.status, result.score()) == ("graded", 0)
    assert {cell.message for cell in cells(result).values() if cell.points and cell.message} == {
        "NotImplementedError"
    }
    assert cells(result)["explain"].score == 0, "an essay that nobody wrote needs no reader"


def test_wrong_answers_lose_their_test_with_its_message(perceptron):
    assignment, made = perceptron
    right = {name: reference(assignment)[name] for name in ("neuron", "units")}
    quick = [wrong for wrong in assignment.wrong if wrong.cells.keys() <= right.keys()]
    assert len(quick) >= 3
    for wrong in quick:
        result = cells(grade(made, hand_in(made, right | wrong.cells)))
        passed = {name for name in ("test_neuron", "test_units") if result[name].score == result[name].points}
        assert passed <= {"test_neuron", "test_units"} - {wrong.test}, wrong.name
        message = " ".join(result[wrong.test].message.split())
        assert " ".join(wrong.message.split()) in message, wrong.name


def test_every_alternative_gets_full_marks(perceptron):
    assignment, made = perceptron
    for other in assignment.alternatives:
        result = grade(made, hand_in(made, reference(assignment) | other.cells))
        assert result.score() == assignment.auto_points(), (other.name, result.to_json())


# Points


@pytest.mark.parametrize("mode", MODES)
def test_partial_credit_is_the_last_value(mode):
    assignment = bundle(answer("add"), check("half", "1.5 if add(1, 2) == 3 else 0", points=2.0))
    assert cells(grade(assignment, hand_in(assignment, {"add": ADD}), mode))["half"].score == 1.5


@pytest.mark.parametrize("value", ["float('nan')", "-5", "1e9"])
def test_partial_credit_cannot_be_stretched(value):
    assignment = bundle(answer("error"), check("quality", "1.0 - error()", points=2.0))
    result = grade(assignment, hand_in(assignment, {"error": f"def error(): return 1.0 - ({value})"}))
    assert 0 <= cells(result)["quality"].score <= 2.0
    if value != "1e9":
        assert cells(result)["quality"].score == 0


def test_stderr_fails_a_test_in_compat_mode_only():
    assignment = bundle(answer("add"), check("test_add", "assert add(1, 2) == 3"))
    noisy = hand_in(
        assignment, {"add": f"import warnings\n{ADD[:14]}\n    warnings.warn('!')\n    return a + b"}
    )
    assert grade(assignment, noisy, "strict").score() == 1
    assert grade(assignment, noisy, "compat").score() == 0


def test_compat_mode_stops_where_nbgrader_stops():
    assignment = bundle(answer("add"), check("test_add", "add(1, 2)", points=2.0))
    result = grade(assignment, hand_in(assignment, {"add": ADD}), "compat")
    assert result.status == "failed"
    assert result.reason == (
        "nbgrader gives up: test_add: partial credit cannot be greater than maximum points for cell"
    )


@pytest.mark.parametrize("mode", MODES)
def test_manual_cells_wait_for_a_person_unless_nobody_answered(mode):
    assignment = bundle(essay("text"), essay("code", "code"), essay("empty"))
    result = grade(assignment, hand_in(assignment, {"text": "Because.", "code": "1 + 1"}), mode)
    assert [cell.score for cell in result.notebooks[0].cells] == [None, None, 0.0]
    assert cells(result)["code"].outputs[0]["data"] == {"text/plain": "2"}


# Strict mode: two processes


def test_set_up_runs_in_both_processes_and_extra_cells_in_the_student_s():
    assignment = bundle(
        setup("import math\nbase = 10"),
        answer("scaled"),
        check("test_scaled", "assert scaled(2) == base * 2\nassert math.pi > 3"),
    )
    submission = hand_in(
        assignment,
        {"scaled": "def scaled(x): return helper(x)"},
        extra={"scaled": "def helper(x): return x * base"},
    )
    assert grade(assignment, submission).score() == 1


def test_what_the_student_does_to_the_set_up_stays_with_the_student():
    assignment = bundle(
        setup("import math\nexpected = 3"),
        answer("add"),
        check("test_add", "assert math.isclose(add(1, 2), expected)"),
    )
    cheat = "import math\nexpected = 0\nmath.isclose = lambda *a: True\ndef add(a, b): return 0"
    assert grade(assignment, hand_in(assignment, {"add": cheat})).score() == 0


def test_a_result_never_shows_the_test():
    hidden = "secret = 41 + 1\nassert add(1, 2) == 3\nassert add(secret, 0) == secret"
    assignment = bundle(answer("add"), check("test_add", hidden, released="assert add(1, 2) == 3"))
    result = grade(assignment, hand_in(assignment, {"add": "def add(a, b): return 3"}))
    test = cells(result)["test_add"]
    assert test.score == 0
    shown = json.dumps([test.message, test.outputs])
    assert "secret" not in shown
    assert "42" not in shown


def test_the_working_folder_has_the_files_and_nothing_else():
    assignment = bundle(answer("names"), check("test_names", "assert names() == ['data.csv']"))
    made = assignment.from_json(assignment.text)
    made.files["data.csv"] = "MSwyCg=="
    listing = "import os\ndef names(): return [name for name in os.listdir() if name[0] != '.']"
    assert grade(made, hand_in(made, {"names": listing})).score() == 1


# What cannot be graded is a row with a reason


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 3}', b"[" * 100_000])
def test_a_submission_that_is_no_notebook_is_refused(content):
    assignment = bundle(answer("add"), check("test_add", "assert add(1, 2) == 3"))
    result = grade(assignment, Submission("eve", {"task.ipynb": content}))
    assert result.status == "refused"
    assert result.reason.startswith("task.ipynb: ")
    assert "\n" not in result.reason


def test_nothing_handed_in_is_refused():
    assignment = bundle(answer("add"), check("test_add", "assert add(1, 2) == 3"))
    result = grade(assignment, Submission("eve", {}))
    assert (result.status, result.reason) == ("refused", "nothing was handed in")


def test_a_machine_without_sandboxes_gives_a_failed_row(monkeypatch):
    monkeypatch.setenv("COURSE_WARM_DIR", "/proc/no/such/folder")
    assignment = bundle(answer("add"), check("test_add", "assert add(1, 2) == 3"))
    result = grade(assignment, hand_in(assignment, {"add": ADD}))
    assert result.status == "failed"
    assert result.reason
    assert "\n" not in result.reason


def test_a_result_survives_json():
    assignment = bundle(setup("import math"), answer("add"), check("test_add", "assert add(1, 2) == 3"))
    result = grade(assignment, hand_in(assignment, {"add": "def add(a, b): return '\\ud800'"}))
    assert Result.from_json(json.loads(json.dumps(result.to_json()))) == result
