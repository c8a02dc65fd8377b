"""nbgrader's own tools go on where grading ends: formgrader, feedback, export; in SQLite and PostgreSQL."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbgrader import api

from course_lib.grading import source
from course_lib.grading.engine.bundle import from_assignment
from course_lib.grading.engine.model import Bundle, CellResult, NotebookResult, Result, Submission
from course_lib.grading.records.gradebook import Writer, rows
from course_lib.grading.records.notebooks import write_autograded
from tests import databases
from tests.grading import counting
from tests.kernels.processes import wait_until

TOKEN = "secret"
STUDENTS = {"ann": 3.0, "bob": 0.0}  # what `test_total` gives


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return from_assignment(source.load(counting.course(tmp_path_factory.mktemp("source"))))


@pytest.fixture
def course(bundle: Bundle, db_url: str, tmp_path: Path) -> Path:
    """A course folder with two graded submissions, and nothing in it that nbgrader made."""
    root = tmp_path / "course"
    for folder in ("source/counting", "submitted"):
        (root / folder).mkdir(parents=True)
    config = (
        f"c = get_config()\nc.CourseDirectory.root = {str(root)!r}\nc.CourseDirectory.db_url = {db_url!r}\n"
    )
    (root / "nbgrader_config.py").write_text(config)
    grade(bundle, db_url, root)
    return root


def grade(bundle: Bundle, db_url: str, root: Path) -> None:
    (notebook,) = bundle.notebooks
    with Writer(db_url) as gradebook:
        for student, given in STUDENTS.items():
            cells = [
                CellResult(
                    cell.kind,
                    "Because." if cell.grade_id == "why" else cell.source,
                    cell.grade_id,
                    cell.points,
                    (given if cell.grade_id == "test_total" else cell.points) if cell.is_test else None,
                )
                for cell in notebook.cells
            ]
            graded = Result(
                student, "counting", bundle.id, "0" * 64, "strict", timestamp="2026-03-01 10:00:00 UTC"
            )
            graded.notebooks = [NotebookResult("counting", cells=cells)]
            gradebook.write(graded, bundle)
            for step in ("submitted", "autograded"):  # the list of submissions wants both
                folder = root / step / student / "counting"
                write_autograded(graded, bundle, Submission(student, {"counting.ipynb": b"{}"}), folder)


def nbgrader(root: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        env=environment(root),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def environment(root: Path) -> dict[str, str]:
    """Nothing of this machine's own configuration."""
    home = root.parent / "home"
    home.mkdir(exist_ok=True)
    names = ("HOME", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR")
    own = {name: str(home / name.lower()) for name in names}
    return os.environ | own


def test_export_and_feedback(course: Path) -> None:
    nbgrader(course, "export", "--to", "grades.csv")
    with (course / "grades.csv").open(newline="") as file:
        found = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: (row["raw_score"], row["max_score"], row["timestamp"]) for name, row in found.items()} == {
        "ann": ("9.0", "12.0", "2026-03-01 10:00:00"),
        "bob": ("6.0", "12.0", "2026-03-01 10:00:00"),
    }
    nbgrader(course, "generate_feedback", "counting")
    page = (course / "feedback" / "bob" / "counting" / "counting.html").read_text(encoding="utf-8")
    assert "Score: 6.0 / 12.0" in " ".join(page.split())
    assert (course / "feedback" / "ann" / "counting" / "timestamp.txt").is_file()


def test_a_person_grades_in_formgrader_and_keeps_the_word(course: Path, bundle: Bundle, db_url: str) -> None:
    with formgrader(course) as call:
        (assignment,) = call("api/assignments")
        assert (assignment["name"], assignment["num_submissions"], assignment["max_score"]) == (
            "counting",
            2,
            12,
        )
        submissions = {found["student"]: found for found in call("api/submissions/counting")}
        assert {
            name: (found["score"], found["needs_manual_grade"]) for name, found in submissions.items()
        } == {
            "ann": (9.0, True),
            "bob": (6.0, True),
        }
        notebooks = {found["student"]: found for found in call("api/submitted_notebooks/counting/counting")}
        assert {name: found["failed_tests"] for name, found in notebooks.items()} == {
            "ann": False,
            "bob": True,
        }
        where = notebooks["ann"]["id"]
        page = call(f"submissions/{where}/", text=True)
        assert "Because." in page
        assert 'id="test_total"' in page
        grades = {found["name"]: found for found in call(f"api/grades?submission_id={where}")}
        assert (grades["why"]["auto_score"], grades["why"]["needs_manual_grade"]) == (None, True)
        call(f"api/grade/{grades['why']['id']}", {"manual_score": 2.5, "extra_credit": 0.5})
        comments = {found["name"]: found for found in call(f"api/comments?submission_id={where}")}
        call(f"api/comment/{comments['why']['id']}", {"manual_comment": "Say more."})
        assert call("api/submission/counting/ann")["score"] == 12.0
        # Formgrader is open, and its connection too: grading again is possible all the same.
        grade(bundle, db_url, course)
        again = {found["name"]: found for found in call(f"api/grades?submission_id={where}")}
        assert (again["why"]["manual_score"], again["why"]["needs_manual_grade"]) == (2.5, True)
    kept = {(row["student"], row["cell"]): row for row in rows(db_url, "counting")}
    assert (kept["ann", "why"]["score"], kept["ann", "why"]["manual_comment"]) == (3.0, "Say more.")


@contextmanager
def formgrader(root: Path) -> Iterator[Any]:
    """A Jupyter server with formgrader; yields a function that asks it."""
    variables = environment(root)
    runtime = Path(variables["JUPYTER_RUNTIME_DIR"])
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--port=0", "--allow-root"]
    command += [f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={TOKEN}"]
    command += ["--ServerApp.jpserver_extensions={'nbgrader.server_extensions.formgrader': True}"]
    log = (root.parent / "server.log").open("w")
    with log, subprocess.Popen(command, env=variables, cwd=root, stdout=log, stderr=log) as server:
        try:
            address = wait_until(lambda: _listening(runtime), 60)

            def call(path: str, body: object = None, *, text: bool = False) -> Any:
                request = urllib.request.Request(
                    f"{address}formgrader/{path}",
                    data=None if body is None else json.dumps(body).encode(),
                    method="GET" if body is None else "PUT",
                    headers={"Authorization": f"token {TOKEN}"},
                )
                with urllib.request.urlopen(request, timeout=60) as answer:
                    content = answer.read().decode("utf-8")
                return content if text else json.loads(content)

            yield call
        finally:
            server.terminate()
            server.wait(timeout=20)


def _listening(runtime: Path) -> str:
    """The address of the server that answers; nothing before."""
    for info in runtime.glob("jpserver-*.json"):
        try:
            address = json.loads(info.read_text())["url"]
            with urllib.request.urlopen(f"{address}api", timeout=30):
                return str(address)
        except (ValueError, KeyError, urllib.error.URLError):
            return ""
    return ""


def test_nbgrader_makes_assignments_in_a_postgresql_that_we_prepared(
    postgres: databases.Postgres, tmp_path: Path
) -> None:
    """Without the course's row PostgreSQL refuses nbgrader's empty default."""
    db_url = postgres.new_database()
    with Writer(db_url):
        pass
    with api.Gradebook(db_url, "") as gradebook:
        gradebook.add_assignment("other")
        assert [assignment.name for assignment in gradebook.assignments] == ["other"]
