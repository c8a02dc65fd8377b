"""Real runs of both graders on a tiny class."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from course_lib.cli import main
from course_lib.grading.bench import corpora, engine_runs, report, stock_runs
from course_lib.grading.bench.measure import compare
from course_lib.grading.engine.model import STRICT
from course_lib.grading.records.gradebook import rows
from course_lib.notebooks.errors import CourseError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> corpora.Course:
    return corpora.make(corpora.read("numpy"), tmp_path_factory.mktemp("class") / "course", 3)


def copied(made: corpora.Course, folder: Path) -> tuple[corpora.Course, Path]:
    shutil.copytree(made.root, folder / "course")
    (folder / "scratch").mkdir()
    return corpora.Course(folder / "course", made.slug, made.students), folder / "scratch"


def test_stock_is_measured_submission_by_submission(made: corpora.Course, tmp_path: Path) -> None:
    course, scratch = copied(made, tmp_path)
    ticks: list[int] = []
    run = stock_runs.run(course, "stock", scratch, first=2, progress=lambda: ticks.append(1))
    assert run.students == ["student-001", "student-002"]
    assert len(run.seconds) == len(run.submission_cpu) == len(ticks) == 2
    assert 0 < sum(run.seconds) < run.wall
    assert run.once > 0
    assert 0 < sum(run.submission_cpu) < run.cpu
    graded = rows(f"sqlite:///{course.root / 'gradebook.db'}", course.slug)
    assert {row["student"] for row in graded} == {"student-001", "student-002"}
    assert all(row["score"] == row["max_score"] for row in graded if row["student"] == "student-001")


def test_nbgrader_that_stops_is_told_in_one_line(made: corpora.Course, tmp_path: Path) -> None:
    course, scratch = copied(made, tmp_path)
    (course.root / "gradebook.db").unlink()
    with pytest.raises(CourseError, match="nbgrader graded 0 of 3 submissions of 'numpy'") as error:
        stock_runs.run(course, "stock", scratch)
    assert "\n" not in str(error.value)


def test_a_command_that_fails_is_told_in_one_line(made: corpora.Course, tmp_path: Path) -> None:
    course, scratch = copied(made, tmp_path)
    shutil.rmtree(course.root / "source")
    with pytest.raises(CourseError, match="'course grade' graded 0 of 3 submissions of 'numpy'") as error:
        engine_runs.run(course, STRICT, 1, scratch)
    assert "\n" not in str(error.value)


def test_rows_are_compared_by_cell() -> None:
    def row(student: str, cell: str, score: float) -> dict:
        return {"student": student, "notebook": "n", "cell": cell, "score": score}

    stock = [row("a", "one", 1.0), row("a", "two", 2.0), row("b", "one", 0.0)]
    assert compare(stock, stock) == (3, [])
    assert compare(stock, [row("a", "one", 1.0), row("a", "two", 0.0)]) == (
        3,
        [
            "a n two: score 2.0 is 0.0",
            "b n one: student 'b' is None, notebook 'n' is None, cell 'one' is None, score 0.0 is None",
        ],
    )


def test_the_command_measures_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--size", "3", "--stock", "2", "--repetitions", "1"]
    assert main(["bench", "grading", "--corpus", "numpy", *sizes, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "grade rows of the compat mode that differ from stock's" in told
    measured = report.load(tmp_path)["numpy"]
    assert (measured.size, measured.compared, measured.different) == (3, 24, [])
    assert [len(run.seconds) for run in measured.stock] == [2, 2]
    assert [(run.mode, run.jobs, run.size) for run in measured.engine] == [
        ("strict", 1, 3),
        ("strict", 2, 3),
        ("compat", 2, 3),
    ]
    for run in measured.engine:
        assert run.statuses == {"graded": 3}
        assert run.finished == sorted(run.finished)
        assert 0 < run.finished[0] <= run.finished[-1] <= run.wall + 0.1
        assert 0 < sum(run.own_cpu) < run.cpu
    assert len(measured.latency.seconds) == 3
    assert measured.memory_mb
    assert measured.concurrent >= 2
    assert main(["bench", "grading", "--redraw", "--out", str(tmp_path)]) == 0


def test_nothing_to_redraw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "grading", "--redraw", "--out", str(tmp_path)]) == 2
    assert "no measurement there to draw" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--size", "--stock", "--repetitions"])
def test_sizes_are_numbers(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["bench", "grading", option, "0"])
    assert stop.value.code == 2
    assert "'0' is not a number above 0" in capsys.readouterr().err
