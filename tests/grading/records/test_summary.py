"""The teacher's page: right figures, nothing that runs, readable; and a table that no spreadsheet computes with."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from course_lib.grading.engine.model import FAILED, GRADED, REFUSED, Result
from course_lib.grading.records import summary
from course_lib.grading.records.marks import Marks
from course_lib.grading.records.resemblance import Signature
from tests.grading.records import pupils
from tests.grading.records.pupils import Text
from tests.site import checks
from tests.site.browser import served

ADDS = "2 by 3 gives 6, not 5: did you multiply?"
KNOWN = [Signature("Adds the sides.", "test_area", {"test_area": ADDS})]
EVIL = "=HYPERLINK(1)<script>alert(1)</script>"
AREA, DIAGONAL, WHY = (("rectangles", name) for name in ("test_area", "test_diagonal", "why"))


def graded_class() -> list[Result]:
    """Six submissions: two good, three with a mistake, one refused, one failed."""
    return [
        pupils.result("zoe", cpu=1.0, own_cpu=0.75, seconds=1.0),
        pupils.result("ann", cpu=1.0, own_cpu=0.75, seconds=2.0),
        pupils.result("bob", {"test_area": ADDS}, cpu=2.0, own_cpu=1.0, seconds=9.0, memory_mb=321.0),
        pupils.result("cat", {"test_area": ADDS.replace("5", "7"), "test_diagonal": "NotImplementedError"}),
        pupils.result("dan", {"test_area": EVIL}, notes=["cells were put back in order"]),
        pupils.result(EVIL, status=REFUSED, reason=f"{EVIL} is not JSON", notebooks=[]),
        pupils.result("eve", status=FAILED, reason="the worker was lost twice", notebooks=[]),
    ]


def page(results: list[Result], marks: dict | None = None, **options: object) -> str:
    found = summary.rows(pupils.bundle(), results, marks, KNOWN)
    return summary.html(pupils.bundle(), found, catalogue=True, **options)


def text(html: str) -> str:
    """What a page says, in one line."""
    return Text(html).text


def test_rows_keep_what_the_page_needs() -> None:
    rows = {row.student: row for row in summary.rows(pupils.bundle(), graded_class(), None, KNOWN)}
    assert list(rows) == sorted(rows)
    bob = rows["bob"]
    assert (bob.scores[AREA], bob.scores[DIAGONAL], bob.scores[WHY]) == (0.0, 3.0, None)
    assert (bob.total, bob.memory_mb) == (3.0, 321.0)
    assert [str(match) for match in bob.matches] == ["resembles: Adds the sides (very likely)"]
    assert rows["cat"].matches[0].sureness == "perhaps"
    assert (rows["eve"].status, rows["eve"].total, rows["eve"].scores[AREA]) == (FAILED, 0.0, 0.0)


def test_the_gradebooks_marks_win() -> None:
    given = {("bob", "rectangles"): Marks({"test_area": 1.0, "test_diagonal": 3.0, "why": 0.5}, penalty=2.0)}
    (row,) = summary.rows(pupils.bundle(), [pupils.result("bob", {"test_area": ADDS})], given)
    assert (row.scores[AREA], row.scores[WHY], row.penalty, row.total) == (1.0, 0.5, 2.0, 2.5)
    assert "Mean 2.5 / 6" in text(summary.html(pupils.bundle(), [row]))


def test_head_figures() -> None:
    said = text(page(graded_class(), wall=30.0))
    for part in (
        "Submissions 7 Graded 5 Not graded 2 Mean 3.2 / 5 Median 3 / 5 Wait for a person 5",
        "from start to end 30.0 s rate 0.2 per second CPU in all 4.0 s of it students' code and tests 62 %",
        "eve failed the worker was lost twice",
        "bob 9.0 s 2.0 s 321 MB",
        "cells were put back in order",
        "2 Adds the sides 1 very likely; who bob, cat 1. The area",
    ):
        assert part in said


def test_tasks_are_counted_by_what_they_gave() -> None:
    said = text(page(graded_class()))
    # pass rate, full, some, none, not begun, waiting, mean
    assert "1. The area test_area 40 % 2 0 3 0 0 0.8 / 2" in said
    assert "2. The diagonal test_diagonal 80 % 4 0 0 1 0 2.4 / 3" in said
    assert "3. Explain why – 0 0 0 0 5 0.0 / 1" in said


def test_messages_that_differ_in_numbers_are_one_with_its_mistake() -> None:
    said = text(page(graded_class()))
    assert f"2 {ADDS} resembles: 2 of 2: Adds the sides" in said
    assert "NotImplementedError" not in said


def test_one_mistake_says_how_sure_and_several_say_how_many() -> None:
    known = [*KNOWN, Signature("Adds twice.", "test_area", {"test_area": ADDS.replace("5", "10")})]

    def said(*messages: str) -> str:
        results = [pupils.result(f"s{i}", {"test_area": message}) for i, message in enumerate(messages)]
        return text(summary.html(pupils.bundle(), summary.rows(pupils.bundle(), results, None, known)))

    assert "resembles: Adds the sides (very likely)" in said(ADDS, ADDS)
    assert "resembles: 2 of 3: Adds the sides; 1 of 3: Adds twice" in said(
        ADDS, ADDS.replace("5", "10"), ADDS
    )


def test_an_untouched_answer_is_not_begun() -> None:
    done = pupils.result(answers={k: v for k, v in pupils.ANSWERS.items() if k != "why"})
    done.notebooks[0].cells[-1].score = 0.0
    assert "3. Explain why 0 % 0 0 0 1 0 0.0 / 1" in text(page([done]))


def test_without_a_catalogue_nothing_is_said_about_mistakes() -> None:
    rows = summary.rows(pupils.bundle(), graded_class())
    assert "Known mistakes" not in summary.html(pupils.bundle(), rows)
    assert "resembles" not in summary.html(pupils.bundle(), rows)


@pytest.mark.parametrize("results", [[], graded_class()[-2:]])
def test_a_class_without_a_graded_submission_has_a_page(results: list[Result]) -> None:
    assert "Nothing was graded." in text(page(results))


def test_histogram_has_a_bar_per_point_and_the_last_is_full_marks() -> None:
    bars = summary.histogram([0, 0.5, 1, 3.99, 5, 5], 5)
    assert [(bar.label, bar.count) for bar in bars] == [
        ("0", 2),
        ("1", 1),
        ("2", 0),
        ("3", 1),
        ("4", 0),
        ("5", 2),
    ]
    assert [bar.parts[0][2] for bar in bars] == [1000, 500, 0, 500, 0, 1000]


def test_histogram_of_many_points_is_in_tenths() -> None:
    bars = summary.histogram([0, 3.5, 34.9, 35, -1, 40], 35)
    assert [bar.count for bar in bars] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2]
    assert (bars[1].label, bars[-1].label) == ("10 % to 20 %", "all points")
    assert summary.histogram([0.0], 0) == []


def test_shares_fill_the_bar() -> None:
    rows = [row for row in summary.rows(pupils.bundle(), graded_class()) if row.status == GRADED]
    area = summary.figures(summary.graded_cells(pupils.bundle())[0], rows[:3])
    assert area.bar.parts == (("full", 0, 333), ("part", 333, 0), ("none", 333, 667), ("wait", 1000, 0))


def test_csv_has_a_row_per_submission_and_no_formula() -> None:
    rows = summary.rows(pupils.bundle(), graded_class(), None, KNOWN)
    table = list(csv.DictReader(io.StringIO(summary.spreadsheet(pupils.bundle(), rows))))
    assert [row["student"] for row in table] == [f"'{EVIL}", "ann", "bob", "cat", "dan", "eve", "zoe"]
    assert table[0]["reason"] == f"'{EVIL} is not JSON"
    bob = table[2]
    assert (bob["points"], bob["of"], bob["rectangles/test_area"], bob["rectangles/why"]) == (
        "3",
        "6",
        "0",
        "",
    )
    assert bob["resembles"] == "test_area resembles: Adds the sides (very likely)"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "\u00a0=", "\ufeff="])
def test_no_start_of_a_formula_gets_through(start: str) -> None:
    rows = summary.rows(pupils.bundle(), [pupils.result(f"{start}cmd|'/c calc'!A0")])
    (row,) = csv.DictReader(io.StringIO(summary.spreadsheet(pupils.bundle(), rows)))
    assert row["student"].startswith("'")
    assert row["student"].isprintable()


def test_nothing_becomes_markup(tmp_path: Path) -> None:
    html, table = summary.write(
        pupils.bundle(), iter(graded_class()), tmp_path / "summary", feedback=tmp_path / "feedback"
    )
    written = html.read_text(encoding="utf-8")
    assert "<script" not in written
    assert not [line for line in written.splitlines() if "javascript:" in line or " style=" in line]
    assert "&lt;script&gt;alert(1)" in written
    assert 'href="../feedback/bob/rectangles/rectangles.html"' in written
    assert table.name == "rectangles.csv"


@pytest.mark.parametrize("viewport", checks.VIEWPORTS)
@pytest.mark.parametrize("scheme", checks.SCHEMES)
def test_the_page_is_accessible(
    tmp_path: Path, browser: Browser, scheme: checks.Scheme, viewport: str
) -> None:
    summary.write(pupils.bundle(), graded_class(), tmp_path, known=KNOWN, feedback=tmp_path, wall=3.0)
    with served(tmp_path) as address:
        page = f"{address}rectangles.html"
        assert checks.accessibility(browser, page, scheme, checks.VIEWPORTS[viewport]) == []
        assert checks.traffic(browser, address, "rectangles.html").foreign == []
