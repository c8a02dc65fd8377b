"""Known mistakes: how messages are compared, what is said and how surely, and that the catalogue is made once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from course_lib.grading import source
from course_lib.grading.engine.model import FAILED, Bundle, Result, Submission
from course_lib.grading.records import resemblance
from course_lib.grading.records.resemblance import Example, Match, Signature
from tests.grading import counting
from tests.grading.records import pupils

ADDS = Signature("Adds the sides.", "test_area", {"test_area": "2 by 3 gives 6, not 5: did you multiply?"})
SQUARES = Signature(
    "Squares one side.", "test_area", {"test_area": "the area of a square is right, of a rectangle it is not"}
)
CITY = Signature(
    "Walks around the corner.", "test_diagonal", {"test_diagonal": "the diagonal is shorter than two sides"}
)
KNOWN = [ADDS, SQUARES, CITY]


def matches(failing: dict[str, str], known: Sequence[Signature] = KNOWN) -> list[Match]:
    return resemblance.resembles(pupils.result(failing=failing), known)


def test_the_same_message_is_very_likely_the_same_mistake() -> None:
    (match,) = matches({"test_area": ADDS.messages["test_area"]})
    assert match == Match("test_area", ("Adds the sides.",), "very likely")
    assert str(match) == "resembles: Adds the sides (very likely)"


def test_other_numbers_are_perhaps_the_same_mistake() -> None:
    assert matches({"test_area": "2 by 3 gives 6, not 7.5: did you multiply?"}) == [
        Match("test_area", ("Adds the sides.",), "perhaps")
    ]


def test_rounding_is_no_difference() -> None:
    assert (
        matches({"test_area": "2 by 3 gives 6.0, not 5.0000001: did you multiply?"})[0].sureness
        == "very likely"
    )


def test_a_similar_message_is_perhaps_the_same_mistake() -> None:
    (match,) = matches({"test_area": "the area of a square is right, and that of a rectangle never is"})
    assert (match.titles, match.sureness) == (("Squares one side.",), "perhaps")


@pytest.mark.parametrize(
    "failing",
    [
        {"test_area": "NameError: name 'areas' is not defined"},
        {"test_area": "NotImplementedError"},
        {"test_area": CITY.messages["test_diagonal"]},
        {},
    ],
)
def test_nothing_is_said_about_other_messages(failing: dict[str, str]) -> None:
    assert matches(failing) == []


def test_mistakes_that_the_tests_cannot_tell_apart_are_named_together() -> None:
    twin = replace(ADDS, title="Adds, and forgets the unit.")
    (match,) = matches({"test_area": ADDS.messages["test_area"]}, [*KNOWN, twin])
    assert match.titles == ("Adds the sides.", "Adds, and forgets the unit.")
    assert match.sureness == "probably"


def test_other_failing_tests_decide_between_equals() -> None:
    said = ADDS.messages | {"test_diagonal": "nan"}
    twin = Signature("Adds strings.", "test_area", said)
    known = [*KNOWN, twin, replace(ADDS, messages=ADDS.messages | {"test_perimeter": "no"})]
    (area, *_) = matches({"test_area": ADDS.messages["test_area"], "test_diagonal": "nan"}, known)
    assert area.titles == ("Adds strings.",)


def test_a_mistake_is_not_blamed_for_tests_it_was_not_written_for() -> None:
    broad = Signature(
        "Swaps everything.", "test_diagonal", {"test_area": "two sides are swapped", "test_diagonal": "x"}
    )
    assert matches({"test_area": "two sides are swapped"}, [broad]) == []


def test_each_failing_test_has_its_own_match() -> None:
    found = matches(ADDS.messages | CITY.messages)
    assert {match.test: match.titles for match in found} == {
        "test_area": ("Adds the sides.",),
        "test_diagonal": ("Walks around the corner.",),
    }


def test_what_an_earlier_mistake_explains_has_no_match_of_its_own() -> None:
    both = Signature(
        "Swaps the sides.", "test_area", {"test_area": "swapped", "test_diagonal": "it is 5, not 4"}
    )
    twin = Signature("Forgets a side.", "test_diagonal", {"test_diagonal": "it is 5, not 4"})
    known = [both, twin]
    assert [m.titles for m in matches(both.messages, known)] == [("Swaps the sides.",)]
    other = both.messages | {"test_diagonal": "a diagonal is never negative"}
    assert [m.titles for m in matches(other, [*known, replace(twin, messages=other)])] == [
        ("Swaps the sides.",),
        ("Forgets a side.",),
    ]


def test_similarity_is_symmetric_and_only_full_for_equal_texts() -> None:
    one, other = "got 1, not 2", "got 3, not 2e-5"
    assert resemblance.similarity(one, one) == 100.0
    assert resemblance.similarity(one, other) == pytest.approx(resemblance.similarity(other, one))
    assert 90 < resemblance.similarity(one, other) < 100
    assert resemblance.similarity(one, "something else altogether") < 50


class Grader:
    """Stands in for the engine: an area that adds fails one test; nothing else is wrong."""

    def __init__(self, broken: str = "") -> None:
        self.calls = 0
        self.broken = broken

    def __call__(self, bundle: Bundle, submissions: Sequence[Submission]) -> Iterator[Result]:
        self.calls += 1
        for submission in reversed(submissions):
            notebook = json.loads(submission.files["rectangles.ipynb"])
            answers = {
                c["metadata"].get("nbgrader", {}).get("grade_id"): c["source"] for c in notebook["cells"]
            }
            failing = {"test_area": "not 5"} if "a + b" in answers["area"] else {}
            result = pupils.result(submission.student, failing)
            lost = submission.student == self.broken
            yield replace(result, status=FAILED, notebooks=[]) if lost else result


ADDS_CODE = Example(
    "adds", "Adds.", "test_area", pupils.ANSWERS | {"area": "def area(a, b):\n    return a + b"}
)
RIGHT = Example("right", "Is right.", "test_area", dict(pupils.ANSWERS))


def test_the_catalogue_is_graded_once_for_a_bundle(tmp_path: Path) -> None:
    grader, bundle = Grader(), pupils.bundle()

    def catalogue(*examples: Example, of: Bundle = bundle) -> list[Signature]:
        return resemblance.catalogue(of, examples, grader, tmp_path)

    wanted = [Signature("Adds.", "test_area", {"test_area": "not 5"})]
    assert catalogue(ADDS_CODE, RIGHT) == wanted
    assert catalogue(ADDS_CODE, RIGHT) == wanted
    assert grader.calls == 1
    catalogue(ADDS_CODE)
    assert grader.calls == 2
    catalogue(ADDS_CODE, of=replace(bundle, extra_cells=False))
    assert grader.calls == 3
    (file, *_) = tmp_path.glob(f"*{bundle.id[:16]}*")
    file.write_text('{"signatures": 3}', encoding="utf-8")
    assert catalogue(ADDS_CODE) == wanted
    assert grader.calls == 4


def test_no_examples_need_no_grader(tmp_path: Path) -> None:
    grader = Grader()
    assert resemblance.catalogue(pupils.bundle(), [], grader, tmp_path) == []
    assert (grader.calls, list(tmp_path.iterdir())) == (0, [])


def test_an_example_that_could_not_be_graded_is_not_kept_out_for_good(tmp_path: Path) -> None:
    assert resemblance.catalogue(pupils.bundle(), [ADDS_CODE], Grader("adds"), tmp_path) == []
    assert len(resemblance.catalogue(pupils.bundle(), [ADDS_CODE], Grader(), tmp_path)) == 1


def test_examples_are_complete_submissions_of_an_assignment(tmp_path: Path) -> None:
    assignment = source.load(counting.course(tmp_path))
    examples = {example.name: example for example in resemblance.examples(assignment)}
    assert set(examples) == {f"wrong-{name}".replace("_", "-") for name in counting.WRONG}
    last = examples["wrong-last"]
    assert last.test == "test_largest"
    assert "return numbers[-1]" in last.cells["largest"]
    assert "fsum" in last.cells["total"]
    assert not any("SOLUTION" in cell for cell in last.cells.values())


def test_a_submission_looks_like_a_students() -> None:
    made = resemblance.submission(pupils.bundle(), ADDS_CODE)
    text = made.files["rectangles.ipynb"].decode()
    assert made.student == "adds"
    assert "a + b" in text
    assert "HIDDEN" not in text
