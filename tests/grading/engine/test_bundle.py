"""Bundles hold what nbgrader's gradebook holds, for this course's assignments and for any other."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader import utils
from nbgrader.api import Gradebook

from course_lib.grading import release, source
from course_lib.grading.engine import bundle as bundles
from course_lib.grading.engine.bundle import BundleError, from_assignment, from_course
from course_lib.grading.engine.coursedir import CourseFolderError, open_course
from course_lib.grading.engine.generated import NotGenerated
from course_lib.grading.engine.model import Bundle, Cell, Limits
from course_lib.notebooks.errors import CourseError
from tests.grading import counting
from tests.grading.command import nbgrader

ROOT = Path(__file__).parents[3]


def cells(bundle: Bundle, notebook: int = 0) -> dict[str, Cell]:
    """The cells of a notebook that have a name."""
    return {cell.grade_id: cell for cell in bundle.notebooks[notebook].cells if cell.grade_id}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course folder in which nbgrader generated the counting and the perceptron assignment."""
    course = tmp_path_factory.mktemp("generated")
    own = counting.course(tmp_path_factory.mktemp("own"))
    release.generate([source.load(own), source.load(ROOT / "solutions/perceptron/perceptron.md")], course)
    return course


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """nbgrader's own example course, its assignment generated."""
    folder = tmp_path_factory.mktemp("quickstart")
    nbgrader(folder, "quickstart", "example")
    example = folder / "example"
    (example / "source/ps1/data").mkdir()
    (example / "source/ps1/data/table.csv").write_text("1,2\n", encoding="utf-8")
    header = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Above every notebook.")])
    nbformat.write(header, example / "header.ipynb")
    with (example / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write("\nc.IncludeHeaderFooter.header = 'header.ipynb'\n")
    path = example / "source/ps1/problem1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].source += "\n=== BEGIN MARK SCHEME ===\nfour points\n=== END MARK SCHEME ==="
    nbformat.write(notebook, path)
    nbgrader(example, "generate_assignment", "ps1")
    return example


@pytest.fixture
def course(generated: Path, tmp_path: Path) -> Path:
    """A copy of the generated course that a test may damage."""
    return shutil.copytree(generated, tmp_path / "course")


def edit(course: Path, change: dict[str, object], grade_id: str = "test_total") -> None:
    """Changes a cell of the counting assignment's source: keys of the cell, or of its nbgrader metadata."""
    path = course / "source/counting/counting.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    for key, value in change.items():
        if key in cell.metadata.nbgrader:
            cell.metadata.nbgrader[key] = value
        elif key == "forbidden":
            cell.metadata["course"] = {"forbidden": value}
        else:
            cell[key] = value
    nbformat.write(notebook, path)


@pytest.mark.parametrize("slug", ["counting", "perceptron"])
def test_a_text_source_makes_the_bundle_of_the_gradebook(generated: Path, tmp_path: Path, slug: str) -> None:
    path = ROOT / "solutions/perceptron/perceptron.md" if slug == "perceptron" else counting.course(tmp_path)
    from_text = from_assignment(source.load(path))
    assert from_text == from_course(generated, slug)
    assert Bundle.from_json(from_text.text) == from_text


def test_cells_are_what_students_were_given_and_what_the_gradebook_grades(generated: Path) -> None:
    bundle = from_course(generated, "counting")
    released = nbformat.read(generated / "release/counting/counting.ipynb", as_version=4)
    assert [c.given for c in bundle.notebooks[0].cells] == [c.source for c in released.cells]
    named = cells(bundle)
    assert named["test_total"].source.count("HIDDEN") == 2
    assert "lose the sign" in named["test_total"].source
    assert "HIDDEN" not in named["test_total"].given
    assert named["test_total"].points == 3
    assert named["test_total"].locked
    assert named["test_product"].forbidden == ("math.prod",)
    assert named["total"].defines == ("total",)
    assert "fsum" not in bundle.text
    for cell in released.cells:
        if utils.is_solution(cell):
            assert named[cell.metadata.nbgrader.grade_id].checksum == utils.compute_checksum(cell)
    assert bundle.preload == ("course_lib.grading.quiet", "course_lib.grading.restrict")
    assert bundle.notebooks[0].metadata["kernelspec"]["name"] == "python3"


def test_nbgraders_example_course(quickstart: Path) -> None:
    bundle = from_course(quickstart, "ps1")
    assert [n.name for n in bundle.notebooks] == ["problem1", "problem2"]
    assert sorted(bundle.files) == ["data/table.csv", "jupyter.png"]
    assert bundle.file("data/table.csv") == b"1,2\n"
    for number, notebook in enumerate(bundle.notebooks):
        released = nbformat.read(quickstart / f"release/ps1/{notebook.name}.ipynb", as_version=4)
        assert notebook.cells[0].source == "Above every notebook."
        assert [c.given for c in notebook.cells] == [c.source for c in released.cells]
        with Gradebook(open_course(quickstart).db_url) as gradebook:
            saved = gradebook.find_notebook(notebook.name, "ps1")
            named = cells(bundle, number)
            assert {c.name for c in saved.source_cells} == named.keys()
            for cell in saved.source_cells:
                assert named[cell.name].checksum == (cell.checksum or "")
                assert named[cell.name].locked == cell.locked
            for cell in (*saved.grade_cells, *saved.task_cells):
                assert named[cell.name].points == cell.max_score
    named = cells(bundle)
    assert named["squares"].defines == ("squares",)
    assert named["correct_squares"].is_test
    assert named["sum_of_squares_equation"].is_answer
    task = named["cell-938593c4a215c6cc"]
    assert (task.task, task.points) == (True, 4.0)
    assert "four points" in task.source
    assert "four points" not in task.given


def test_the_gradebooks_tests_count_not_those_edited_since(course: Path) -> None:
    before = from_course(course, "counting")
    edit(course, {"source": "assert False"})
    assert from_course(course, "counting") == before


def test_a_solution_with_magics_still_says_what_it_defines(course: Path) -> None:
    code = (
        "%matplotlib inline\n### BEGIN SOLUTION\nfiles = !ls\ndef total(n): return sum(n)\n### END SOLUTION"
    )
    edit(course, {"source": code}, "total")
    bundle = from_course(course, "counting")
    assert set(cells(bundle)["total"].defines) == {"files", "total"}
    assert cells(bundle)["total"].classes == ()
    assert "matplotlib.pyplot" in bundle.preload


def test_classes_of_a_solution_are_known(course: Path) -> None:
    edit(course, {"source": "### BEGIN SOLUTION\nclass Value:\n    pass\none = 1\n### END SOLUTION"}, "total")
    bundle = from_course(course, "counting")
    assert cells(bundle)["total"].classes == ("Value",)
    assert Bundle.from_json(bundle.text) == bundle


def test_an_empty_placeholder_of_the_author_is_the_students(course: Path) -> None:
    path = course / "source/counting/counting.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(1, nbformat.v4.new_code_cell('NAME = ""\nrate = 0.5'))
    nbformat.write(notebook, path)
    assert from_course(course, "counting").notebooks[0].cells[1] == Cell(
        "code", 'NAME = ""\nrate = 0.5', defines=("NAME",)
    )


def test_a_policy_in_the_notebook_is_applied_and_not_passed_on(course: Path, tmp_path: Path) -> None:
    path = course / "source/counting/counting.ipynb"
    notebook = nbformat.read(path, as_version=4)
    policy = {"limits": {"cell_seconds": 5}, "accepts": ["*.csv"], "extra_cells": False}
    notebook.metadata["course"] = policy
    nbformat.write(notebook, path)
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.Autograde.exclude_overwriting = {'counting': ['helpers.py']}", encoding="utf-8"
    )
    bundle = from_course(course, "counting", limits=Limits(memory_mb=7, cell_seconds=9))
    assert bundle.limits == Limits(memory_mb=7, cell_seconds=5)
    assert bundle.accepts == ("*.csv", "helpers.py")
    assert not bundle.extra_cells
    assert "course" not in bundle.notebooks[0].metadata
    text = counting.SOURCE.replace("kernelspec:", f"course: {json.dumps(policy)}\nkernelspec:", 1)
    from_text = from_assignment(source.load(counting.course(tmp_path / "own", text=text)))
    assert from_text == replace(bundle, accepts=("*.csv",), limits=Limits(cell_seconds=5))


def test_paths_come_from_the_courses_configuration(course: Path) -> None:
    expected = from_course(course, "counting")
    (course / "source").rename(course / "master")
    (course / "gradebook.db").rename(course / "marks.db")
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.source_directory = 'master'\n"
        "c.CourseDirectory.db_url = 'sqlite:///marks.db'\n",
        encoding="utf-8",
    )
    assert from_course(course, "counting") == expected
    assert from_course(course, "counting", db_url=f"sqlite:///{course}/marks.db") == expected
    assert open_course(course).database_file() == course / "marks.db"
    with pytest.raises(BundleError, match="not in the gradebook"):
        from_course(course, "counting", db_url="sqlite:///other.db")
    assert not (course / "other.db").exists()


def test_an_address_with_a_password_is_not_shown(course: Path) -> None:
    with pytest.raises(BundleError) as caught:
        from_course(course, "counting", db_url="postgresql://me:secret@localhost:1/class")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def _is_never_generated(course: Path) -> None:
    shutil.copytree(course / "source/counting", course / "source/other")


def _has_no_gradebook(course: Path) -> None:
    (course / "gradebook.db").unlink()


def _has_another_file_as_gradebook(course: Path) -> None:
    (course / "gradebook.db").write_bytes(b"no database at all" * 100)


def _has_a_notebook_more(course: Path) -> None:
    shutil.copy(course / "source/counting/counting.ipynb", course / "source/counting/second.ipynb")


def _has_other_points(course: Path) -> None:
    edit(course, {"points": 4})


def _has_another_type(course: Path) -> None:
    edit(course, {"solution": True})


def _has_another_cell(course: Path) -> None:
    edit(course, {"grade_id": "renamed"})


def _forbids_a_number(course: Path) -> None:
    edit(course, {"forbidden": [3]})


def _is_no_json(course: Path) -> None:
    (course / "source/counting/counting.ipynb").write_text("{", encoding="utf-8")


def _is_not_utf8(course: Path) -> None:
    (course / "source/counting/counting.ipynb").write_bytes(b"\xff\xfe{}")


def _has_an_open_region(course: Path) -> None:
    edit(course, {"source": "### BEGIN SOLUTION\nx = 1"}, "total")


def _has_a_broken_configuration(course: Path) -> None:
    (course / "nbgrader_config.py").write_text("c = get_config()\n1 / 0\n", encoding="utf-8")


def _has_a_wrong_configuration(course: Path) -> None:
    (course / "nbgrader_config.py").write_text("get_config().CourseDirectory.root = 3\n", encoding="utf-8")


def _has_no_header(course: Path) -> None:
    (course / "nbgrader_config.py").write_text(
        "get_config().IncludeHeaderFooter.header = 'no.ipynb'\n", encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("damage", "assignment", "kind", "words"),
    [
        (_is_never_generated, "other", BundleError, "run 'nbgrader generate_assignment other'"),
        (_has_no_gradebook, "counting", BundleError, "run 'nbgrader generate_assignment counting'"),
        (_has_another_file_as_gradebook, "counting", BundleError, "cannot be read: file is not a database"),
        (_has_a_notebook_more, "counting", BundleError, "only it or the gradebook has: second; run"),
        (
            _has_other_points,
            "counting",
            BundleError,
            "'test_total': points is 4.0 here and 3.0 in the gradebook",
        ),
        (_has_another_type, "counting", BundleError, "answer is True here and False in the gradebook; run"),
        (
            _has_another_cell,
            "counting",
            BundleError,
            "only it or the gradebook has: renamed, test_total; run",
        ),
        (_forbids_a_number, "counting", BundleError, "'course.forbidden' is not a list of dotted names"),
        (_is_no_json, "counting", NotGenerated, "not a notebook that nbgrader can use"),
        (_is_not_utf8, "counting", BundleError, "cannot be read"),
        (_has_an_open_region, "counting", NotGenerated, "no end solution statement found"),
        (
            _has_a_broken_configuration,
            "counting",
            CourseFolderError,
            "ZeroDivisionError: division by zero; mend",
        ),
        (_has_a_wrong_configuration, "counting", CourseFolderError, "nbgrader configuration: TraitError"),
        (_has_no_header, "counting", NotGenerated, "No such file or directory"),
        (lambda course: None, "nothing", BundleError, "the assignments are: counting, perceptron"),
        (lambda course: None, "", BundleError, "the assignments are: counting, perceptron"),
        (shutil.rmtree, "counting", CourseFolderError, "there is no such folder"),
    ],
)
def test_a_course_that_cannot_be_used_is_one_line(
    course: Path, damage: object, assignment: str, kind: type[CourseError], words: str
) -> None:
    assert callable(damage)
    damage(course)
    with pytest.raises(kind) as caught:
        from_course(course, assignment)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.code == 2


def test_large_data_beside_the_notebook_is_refused(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "FILES_MB", 1)
    (course / "source/counting/data.bin").write_bytes(bytes(2**20 + 1))
    with pytest.raises(BundleError, match="more than 1 MB of extra files"):
        from_course(course, "counting")


def test_the_id_is_the_contents(generated: Path) -> None:
    bundle = from_course(generated, "counting")
    assert bundle.id == from_course(generated, "counting").id
    assert bundle.id != bundles.with_limits(bundle, memory_mb=1).id
    assert bundles.with_limits(bundle, memory_mb=1).limits.memory_mb == 1
