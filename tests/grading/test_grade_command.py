"""`course grade` on a class: what it writes, what it says, and how it stops."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import make_url

from course_lib.grading.engine.journal import Journal
from course_lib.grading.records.gradebook import Writer, rows
from tests.grading import classroom
from tests.grading.engine.test_cluster import Cluster

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An nbgrader course folder in which a class has handed in."""
    return classroom.course(tmp_path_factory.mktemp("class"))


@pytest.fixture
def course(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(made, tmp_path / "course")


def run(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`course grade counting ARGUMENTS` in a process of its own; `--root` may lead the arguments."""
    leading = arguments[:2] if arguments[:1] == ("--root",) else ()
    words = [*leading, "grade", classroom.NAME, *arguments[len(leading) :]]
    return subprocess.run(
        [sys.executable, "-m", "course_lib.cli", *map(str, words)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def scores(db_url: str) -> dict[str, float]:
    """The automatic points by student."""
    found: dict[str, float] = {}
    for row in rows(db_url, classroom.NAME):
        found[row["student"]] = found.get(row["student"], 0.0) + (row["auto_score"] or 0.0)
    return found


def test_a_course_folder_of_nbgrader_is_graded_in_place(course: Path) -> None:
    done = run("--course", course, "-j", 2)
    assert done.returncode == 0, done.stderr
    assert scores(f"sqlite:///{course}/gradebook.db") == classroom.SCORES
    for student in classroom.STUDENTS:
        assert (course / "autograded" / student / classroom.NAME / "counting.ipynb").is_file()
        assert (course / "feedback" / student / classroom.NAME / "counting.html").is_file()
    first, *_ = done.stdout.splitlines()
    assert first.startswith("sandbox: ")
    table = done.stdout.splitlines()[-7:]
    assert table[0].split()[:5] == ["submissions", "graded", "refused", "failed", "kept"]
    assert table[1].split()[:5] == ["8", "7", "1", "0", "0"]
    assert [line.split()[0] for line in table[3:]] == ["gradebook", "notebooks", "feedback", "summary"]
    assert Path(table[6].split(maxsplit=1)[1]).is_file()
    assert "fay: refused: counting.ipynb: it is not valid JSON" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_run_grades_only_what_is_new(course: Path) -> None:
    assert run("--course", course).returncode == 0
    before = [stored(course, student) for student in classroom.STUDENTS]
    shutil.copytree(course / "submitted" / "ann", course / "submitted" / "zoe")
    again = run("--course", course)
    assert again.stdout.splitlines()[-6].split()[:5] == ["9", "8", "1", "0", "8"]
    assert [stored(course, student) for student in classroom.STUDENTS] == before
    assert scores(f"sqlite:///{course}/gradebook.db") == {**classroom.SCORES, "zoe": 9}
    one = run("--course", course, "--regrade", "--student", "zoe", "--student", "ann")
    assert one.stdout.splitlines()[-6].split()[:5] == ["2", "2", "0", "0", "0"]
    assert stored(course, "ann") != before[0]
    assert stored(course, "bob") == before[1]


def stored(course: Path, student: str) -> str:
    """The stamp of a student's grading."""
    return json.loads(Journal(course, classroom.NAME).path(student).read_text(encoding="utf-8"))["stamp"]


def test_an_assignment_of_this_course_is_graded_from_its_text(made: Path, tmp_path: Path) -> None:
    project = made.parent / "text"
    out = tmp_path / "out"
    handed_in = ("--submissions", made / "submitted")
    done = run("--root", project, *handed_in, "--out", out, "--mode", "compat")
    assert done.returncode == 0, done.stderr
    # By nbgrader's rules the end of the kernel costs gus everything after it.
    assert scores(f"sqlite:///{out}/gradebook.db")["ann"] == 9
    assert "resembles" in (out / "summary" / "counting.csv").read_text(encoding="utf-8")
    assert not (made / "autograded").exists()


def test_another_gradebook_and_another_folder(course: Path, tmp_path: Path) -> None:
    db_url = f"sqlite:///{tmp_path}/other.db"
    done = run("--course", course, "--out", tmp_path / "out", "--db", db_url, "--student", "ann")
    assert done.returncode == 0, done.stderr
    assert scores(db_url) == {"ann": 9}
    assert not (course / "autograded").exists()
    assert (tmp_path / "out" / "autograded" / "ann" / classroom.NAME / "counting.ipynb").is_file()
    assert make_url(db_url).database in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give --submissions and --out, or --course with a course folder of nbgrader"),
        (["--out", "x"], "give --submissions, or --course with a course folder of nbgrader"),
        (["--course", "missing"], "missing: there is no such folder"),
        (["--course", "{course}", "--submissions", "missing"], "missing: the submissions cannot be read"),
        (["--course", "{course}", "--submissions", "."], "no submissions of 'counting'"),
        (["--course", "{course}", "--student", "nobody"], "no submission of nobody"),
        (["--course", "{course}", "--db", "nonsense"], "'nonsense' is not"),
        (["--course", "{course}", "--mode", "lax"], "invalid choice: 'lax'"),
        (["--course", "{course}", "-j", "0"], "'0' is not a number of processes"),
    ],
)
def test_bad_usage_is_one_line(made: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "chapters").mkdir()
    done = run(*(argument.format(course=made) for argument in arguments), cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout


def test_a_gradebook_that_somebody_writes_is_one_line(course: Path) -> None:
    with Writer(f"sqlite:///{course}/gradebook.db"):
        done = run("--course", course)
    assert done.returncode == 2
    assert "is being written by" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_cluster_that_is_not_there_is_one_line(course: Path) -> None:
    done = run("--course", course, "--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("course: --scheduler tcp://127.0.0.1:9: no Dask scheduler")
    assert "Traceback" not in done.stderr


def test_a_class_is_graded_on_a_cluster(course: Path, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    try:
        cluster.add_worker()
        cluster.add_worker()
        done = run("--course", course, "--scheduler", cluster.address)
    finally:
        cluster.close()
    assert done.returncode == 0, done.stderr
    assert scores(f"sqlite:///{course}/gradebook.db") == classroom.SCORES
    assert done.stderr.splitlines() == [line for line in done.stderr.splitlines() if line.startswith("fay: ")]
