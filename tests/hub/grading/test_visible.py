"""Nothing that students were not given is in the bundle that is graded before the due date."""

from __future__ import annotations

from dataclasses import replace

from course_lib.grading.engine.model import Cell
from course_lib.hub.grading.visible import visible_only
from tests.grading.engine.classroom import bundle, check, essay
from tests.hub import centring
from tests.hub.grading import made


def test_hidden_tests_and_solutions_are_not_in_it() -> None:
    text = visible_only(made.bundle()).text
    assert centring.HIDDEN in made.bundle().text
    for secret in (centring.HIDDEN, "np.eye(4)", "HIDDEN", "Rubric", "np.mean(X", "dominated"):
        assert secret not in text


def test_what_students_have_is_unchanged() -> None:
    before, after = made.bundle().notebooks[0].cells, visible_only(made.bundle()).notebooks[0].cells
    assert [cell.given for cell in before] == [cell.source for cell in after]
    assert [cell.points for cell in before] == [cell.points for cell in after]
    assert [cell.defines for cell in before] == [cell.defines for cell in after]


def _test(source: str) -> Cell:
    (cell,) = visible_only(bundle(check("t", f"{source}\nsecret()", released=source))).notebooks[0].cells
    return cell


def test_a_test_of_which_nothing_can_be_read_gives_no_points() -> None:
    for empty in ("", "# checked when you hand in", "import numpy as np", '"""Hidden."""', "pass"):
        cell = _test(empty)
        assert not cell.grade
        assert cell.points == 0
    for telling in ("assert f(1) == 2", "%time f()", "check(f)"):
        assert _test(telling).points == 1


def test_a_marker_that_was_left_takes_what_it_encloses_with_it() -> None:
    text = "assert f()\n### BEGIN HIDDEN TESTS\nassert g()\n### END HIDDEN TESTS"
    assert _test(text).source == "assert f()"


def test_a_marking_scheme_is_not_in_it() -> None:
    task = replace(
        essay("why"), source="Why?\n=== 2 points for ...", released="Why?", task=True, solution=False
    )
    assert "2 points" not in visible_only(bundle(task)).text
