"""Autograded notebooks: as nbgrader leaves them, and safe to open."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader import nbgraderformat
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from course_lib.grading.engine.intake import rebuild
from course_lib.grading.engine.model import REFUSED, NotebookResult, Submission
from course_lib.grading.records import notebooks
from course_lib.grading.records.notebooks import not_handed_in, write_autograded
from tests.grading.records import examples
from tests.site import browser

SUBMITTED = Submission("ann", {"more.ipynb": b"{}", "sums.ipynb": b"{}"})


def write(folder: Path, result: object = None, submission: Submission = SUBMITTED) -> dict[str, bytes]:
    """The files that are there after writing a result, by relative path."""
    write_autograded(result or examples.result(), examples.bundle(), submission, folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def read(content: bytes) -> nbformat.NotebookNode:
    notebook = nbformat.reads(content.decode(), as_version=4)
    nbformat.validate(notebook)
    nbgraderformat.MetadataValidator().validate_nb(notebook)
    return notebook


def with_outputs(*outputs: dict) -> object:
    graded = examples.result()
    graded.notebooks[0].cells[0].outputs = list(outputs)
    return graded


def test_nbgraders_metadata_is_complete(tmp_path: Path) -> None:
    files = write(tmp_path)
    assert sorted(files) == ["more.ipynb", "sums.ipynb"]
    notebook = read(files["sums.ipynb"])
    assert notebook.metadata == examples.METADATA
    cells = {cell.id: cell for cell in notebook.cells}
    (author,) = [cell for cell in examples.bundle().notebooks[1].cells if cell.grade_id == "test_total"]
    assert cells["test_total"].metadata == {
        "deletable": False,
        "editable": False,
        "nbgrader": {
            "cell_type": "code",
            "checksum": author.checksum,
            "grade": True,
            "grade_id": "test_total",
            "locked": True,
            "points": 3,
            "schema_version": 3,
            "solution": False,
            "task": False,
        },
    }
    assert cells["total"].source == examples.ANSWERS["total"]
    assert cells["why"].source == examples.ANSWERS["why"]
    assert cells["draw"].metadata.nbgrader.points == 4
    assert "points" not in cells["total"].metadata.nbgrader
    # The author may write what a student may not.
    assert notebook.cells[0].source == "# Sums\n\n<div class='note'>Add.</div>"


def test_files_are_read_only_and_replaced_in_one_step(tmp_path: Path) -> None:
    write(tmp_path)
    path = tmp_path / "more.ipynb"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    with path.open("rb") as opened:
        before = opened.read()
        write(tmp_path, examples.result(answers={}))
        opened.seek(0)
        assert opened.read() == before != path.read_bytes()


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "data.csv").touch()
    (tmp_path / ".more.ipynb.abc").touch()
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    assert sorted(write(tmp_path)) == ["more.ipynb", "sums.ipynb"]
    assert sorted(os.listdir(tmp_path)) == ["more.ipynb", "sums.ipynb"]
    assert Path("/etc/passwd").exists()


def test_the_time_is_one_that_nbgrader_reads(tmp_path: Path) -> None:
    files = write(tmp_path, examples.result(timestamp="2026-03-01T14:00:01.5+01:00"))
    assert files["timestamp.txt"] == b"2026-03-01 13:00:01.500000 UTC\n"
    read_back = CourseDirectory(root=str(tmp_path)).get_existing_timestamp(str(tmp_path))
    assert read_back.isoformat() == "2026-03-01T13:00:01.500000"


def test_extra_files_come_from_the_author_and_as_far_as_accepted(tmp_path: Path) -> None:
    bundle = replace(
        examples.bundle(), files={"data/x.csv": "MSwy"}, accepts=("*.py", "*.html", "*.SVG", "x.csv")
    )
    handed_in = {
        "data/x.csv": b"9,9",
        "helper.py": b"y = 1",
        "page.html": b"<script>",
        "a.SVG": b"<svg>",
        "no.txt": b"",
    }
    write_autograded(
        examples.result(), bundle, replace(SUBMITTED, files=SUBMITTED.files | handed_in), tmp_path
    )
    extra = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    student = {"helper.py", "page.html.txt", "a.SVG.txt"}
    assert extra == {"more.ipynb", "sums.ipynb", "data/x.csv"} | student
    assert (tmp_path / "data/x.csv").read_bytes() == b"1,2"


def test_a_notebook_that_could_not_be_graded_is_there_and_says_why(tmp_path: Path) -> None:
    broken = examples.result()
    broken.notebooks[0] = NotebookResult("more", REFUSED, "more.ipynb: not JSON <script>ran()</script>")
    notebook = read(write(tmp_path, broken)["more.ipynb"])
    assert notebook.cells[0].source.startswith(
        "**This notebook was not graded.** more.ipynb: not JSON &lt;script"
    )
    assert [cell.id for cell in notebook.cells[1:]] == ["more", "test_more"]
    assert notebook.cells[1].source == "answer = None"


def test_a_submission_that_we_lost_is_there_and_says_why(tmp_path: Path) -> None:
    files = write(tmp_path, examples.lost())
    assert "the worker was lost twice" in read(files["sums.ipynb"]).cells[0].source
    assert sorted(files) == ["more.ipynb", "sums.ipynb"]


def test_a_notebook_that_was_not_handed_in_is_not_there(tmp_path: Path) -> None:
    partly = examples.result()
    (missing,) = rebuild(examples.bundle(), Submission("ann", {"sums.ipynb": b""})).notebooks[:1]
    partly.notebooks[0] = NotebookResult(missing.name, missing.status, missing.reason)
    assert not_handed_in(partly.notebooks[0])
    assert sorted(write(tmp_path, partly)) == ["sums.ipynb"]


def test_a_notebook_under_another_name_waits_for_a_person() -> None:
    handed_in = Submission("ann", {"sums.ipynb": b"", "more (1).ipynb": b""})
    (missing,) = rebuild(examples.bundle(), handed_in).notebooks[:1]
    assert missing.status == REFUSED
    assert not not_handed_in(NotebookResult(missing.name, missing.status, missing.reason))


def test_only_harmless_outputs_are_written(tmp_path: Path) -> None:
    graded = with_outputs(
        {"output_type": "stream", "name": "stdout", "text": "\x1b[31mred\x1b[0m\n"},
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>ran()</script>", "text/plain": "plain"},
            "metadata": {"text/html": {"isolated": True}},
        },
        {"output_type": "display_data", "data": {"application/javascript": "ran()"}, "metadata": {}},
    )
    outputs = read(write(tmp_path, graded)["more.ipynb"]).cells[0].outputs
    assert [dict(output) for output in outputs] == [
        {"output_type": "stream", "name": "stdout", "text": "red\n"},
        {"output_type": "display_data", "data": {"text/plain": "plain"}, "metadata": {}},
    ]


def test_cells_that_students_added(tmp_path: Path) -> None:
    graded = examples.result()
    cells = graded.notebooks[0].cells
    for kind, source in (("code", "mine = 1"), ("markdown", "<img src=x>"), ("raw", "<img src=x>")):
        cells.append(
            replace(cells[0], kind=kind, source=source, grade_id="", outputs=[], execution_count=None)
        )
    notebook = read(write(tmp_path, graded)["more.ipynb"])
    assert [(cell.cell_type, cell.source) for cell in notebook.cells[2:]] == [
        ("code", "mine = 1"),
        ("markdown", "&lt;img src=x>"),
        ("markdown", "&lt;img src=x>"),
    ]
    assert len({cell.id for cell in notebook.cells}) == 5


HOSTILE = (
    "<script>ran()</script>\n\n# why\n\n[press](javascript:ran()) <img src=x onerror=ran()>\n\n"
    "<div>\n<svg onload=ran()>\n</div>\n\n```mermaid\n</pre><img src=x onerror=ran()>\n```"
)


def formgrader_page(path: Path) -> str:
    """The page on which formgrader shows an autograded notebook."""
    config = Config()
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    names = ("assignment_id", "notebook_id", "submission_id", "student", "last_name", "first_name")
    resources = {name: name for name in (*names, "base_url", "notebook_path")} | {"index": 0, "total": 1}
    page, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    return page


@pytest.mark.parametrize("template", ["lab", "classic", "basic"])
def test_nbconvert_shows_a_hostile_notebook_safely(tmp_path: Path, template: str) -> None:
    write(tmp_path, examples.result(answers={"why": HOSTILE, "total": "'''</pre><script>ran()</script>'''"}))
    page, _ = HTMLExporter(template_name=template).from_filename(str(tmp_path / "sums.ipynb"))
    assert "<script>ran" not in page
    assert "&lt;script&gt;ran()&lt;/script&gt;" in page


def test_a_hostile_notebook_runs_nothing_in_formgrader(tmp_path: Path) -> None:
    answers = {"why": HOSTILE, "total": "'''</pre></div><script>ran()</script>'''"}
    graded = examples.result(answers=answers)
    evil = "</pre><script>ran()</script><img src=x onerror=ran()>"
    graded.notebooks[1].cells[2].outputs = [
        {"output_type": "stream", "name": "stdout", "text": evil},
        {"output_type": "error", "ename": evil, "evalue": evil, "traceback": [evil, f"\x1b[31m{evil}"]},
        {"output_type": "display_data", "data": {"text/html": evil, "text/plain": evil}, "metadata": {}},
        {
            "output_type": "display_data",
            "data": {"image/svg+xml": f"<svg onload=ran()>{evil}"},
            "metadata": {},
        },
        {"output_type": "display_data", "data": {"text/latex": evil, "text/markdown": evil}, "metadata": {}},
    ]
    write(tmp_path / "safe", graded)
    # The same notebook as nbgrader would have written it: the check must see what it looks for.
    unsafe = json.loads((tmp_path / "safe" / "sums.ipynb").read_text())
    for cell, result in zip(unsafe["cells"], graded.notebooks[1].cells, strict=True):
        cell["source"] = result.source
        if result.outputs:
            cell["outputs"] = result.outputs
    (tmp_path / "unsafe.ipynb").write_text(json.dumps(unsafe))
    with browser.chromium() as chromium:
        ran = {}
        for name in ("unsafe.ipynb", "safe/sums.ipynb"):
            page = chromium.new_page()
            page.route("**/*", lambda route: route.abort())
            page.add_init_script("window.count = 0; window.ran = () => { window.count += 1 }")
            page.goto("about:blank")
            page.set_content(formgrader_page(tmp_path / name), wait_until="domcontentloaded")
            page.wait_for_function(
                "document.images.length == 0 || [...document.images].every(i => i.complete)"
            )
            page.evaluate("document.querySelectorAll('a[href^=javascript]').forEach((link) => link.click())")
            page.wait_for_timeout(100)
            ran[name] = page.evaluate("window.count")
            fields = page.locator("#why").evaluate_all("nodes => nodes.map((node) => node.tagName)")
            # The student's heading must not stand in for the field of the marks.
            assert fields == (["INPUT"] if name != "unsafe.ipynb" else ["INPUT", "H1"]), name
            page.close()
    assert ran["unsafe.ipynb"] > 5
    assert ran["safe/sums.ipynb"] == 0


def test_the_schema_is_the_installed_nbgraders() -> None:
    assert notebooks.SCHEMA_VERSION == nbgraderformat.SCHEMA_VERSION
