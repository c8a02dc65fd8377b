"""nbgrader's pages of a notebook that was never sanitised: with the preprocessor nothing on them acts."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbgrader.server_extensions.formgrader import handlers
from playwright.sync_api import Browser
from traitlets.config import Config

from course_lib.grading.records.viewer import Harmless
from tests.grading.attacks import views
from tests.grading.records import examples, hostile


def page(text: str, *, protected: bool, template: str = "formgrade") -> str:
    """What formgrader would send for a notebook."""
    config = Config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    if protected:
        config.HTMLExporter.preprocessors = ["course_lib.grading.records.viewer.Harmless"]
    names = ("assignment_id", "notebook_id", "submission_id", "student", "last_name", "first_name")
    resources = {name: name for name in (*names, "base_url", "notebook_path")} | {"index": 0, "total": 1}
    made, _ = HTMLExporter(config=config).from_notebook_node(nbformat.reads(text, as_version=4), resources)
    return str(made)


def test_nothing_runs_and_nobody_is_asked(browser: Browser) -> None:
    seen = views.looked_at(browser, page(hostile.text(), protected=True))
    assert seen == "0 scripts ran, 0 addresses of the attacker's asked"


def test_without_it_the_same_notebook_runs(browser: Browser) -> None:
    """The looking would notice."""
    harmful = hostile.text().replace(hostile.MOVES_AWAY, "")
    assert not views.looked_at(browser, page(harmful, protected=False)).startswith("0 scripts ran, 0 ")


def test_a_grader_still_sees_the_work() -> None:
    cells = [
        nbformat.v4.new_code_cell(
            "print(1)", outputs=[nbformat.v4.new_output("stream", text="one\n")], execution_count=4
        ),
        nbformat.v4.new_markdown_cell(
            "**Because** $1 < 2$.",
            metadata={"nbgrader": {"grade_id": "why", "grade": True, "solution": True, "points": 2}},
        ),
    ]
    shown = page(nbformat.writes(nbformat.v4.new_notebook(cells=cells)), protected=True)
    for part in ("one", "In\u00a0[4]:", "<strong>Because</strong>", 'id="why"', 'id="why-comment"', "/ 2.0"):
        assert part in shown, part


@pytest.mark.parametrize("points", [float("inf"), "<script>", None, [1]])
def test_odd_metadata_becomes_nothing(points: object) -> None:
    facts = {"grade_id": "why", "grade": "yes", "solution": True, "points": points}
    cell = nbformat.v4.new_markdown_cell("text", metadata={"nbgrader": facts})
    made, _ = Harmless().preprocess(nbformat.v4.new_notebook(cells=[cell]), {})
    assert made.cells[0].metadata.nbgrader.points == 0
    assert made.cells[0].metadata.nbgrader.grade is False


def test_what_the_engine_wrote_stays_as_it_is(tmp_path: Path) -> None:
    """It was sanitised already: answers keep their words, cells their names."""
    from course_lib.grading.records.notebooks import graded_notebook

    bundle = examples.bundle()
    result = examples.result()
    written = graded_notebook(bundle.notebooks[1], result.notebooks[1], 10_000)
    made, _ = Harmless().preprocess(written, {})
    assert [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in made.cells] == [
        cell.metadata.get("nbgrader", {}).get("grade_id") for cell in written.cells
    ]
    answers = {cell.metadata.nbgrader.grade_id: cell for cell in made.cells if "nbgrader" in cell.metadata}
    assert answers["why"].source == examples.ANSWERS["why"]
