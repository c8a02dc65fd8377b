"""`course feedback`: the pages again, with what people have marked since the class was graded."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course_lib import cli
from course_lib.grading import source
from course_lib.grading.engine import bundle as bundles
from course_lib.grading.engine.journal import Journal, key
from course_lib.grading.engine.model import Bundle, CellResult, NotebookResult, Result, Submission
from course_lib.grading.records.gradebook import Writer
from tests.grading import counting


def result(bundle: Bundle, student: str, message: str = "") -> Result:
    """A submission that fails one test with this message, if any."""
    (notebook,) = bundle.notebooks
    cells = []
    for cell in notebook.cells:
        lost = message if cell.grade_id == "test_total" else ""
        score = (0.0 if lost else cell.points) if cell.is_test else None
        source = "Because." if cell.grade_id == "why" else cell.source
        cells.append(CellResult(cell.kind, source, cell.grade_id, cell.points, score, lost))
    graded = [NotebookResult(notebook.name, cells=cells)]
    return Result(student, bundle.assignment, bundle.id, "0" * 64, "strict", notebooks=graded)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course with a graded class of two below `out`."""
    counting.course(tmp_path)
    bundle = bundles.from_assignment(source.load(tmp_path / "solutions/counting/counting.md"))
    out = tmp_path / "out"
    with Journal(out, "counting") as journal, Writer(f"sqlite:///{out}/gradebook.db") as gradebook:
        for student, message in (("ann", ""), ("bob", "total of three numbers")):
            graded = result(bundle, student, message)
            gradebook.write(graded, bundle)
            journal.store(graded, key(bundle, Submission(student, {}), "strict"))
    return tmp_path


def feedback(root: Path, *more: str) -> int:
    return cli.main(["--root", str(root), "feedback", "counting", "--out", str(root / "out"), *more])


def page(root: Path, student: str) -> str:
    return (root / "out/feedback" / student / "counting/counting.html").read_text(encoding="utf-8")


def test_pages_and_summary_follow_the_gradebook(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert feedback(root) == 0
    assert "feedback for 2 students in" in capsys.readouterr().out
    assert "total of three numbers" in page(root, "bob")
    assert "Very <em>clear</em>" not in page(root, "ann")
    with Gradebook(f"sqlite:///{root}/out/gradebook.db") as people:
        grade = people.find_grade("why", "counting", "counting", "ann")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        people.find_comment("why", "counting", "counting", "ann").manual_comment = "Very *clear*."
        people.db.commit()
    assert feedback(root) == 0
    assert "Very <em>clear</em>" in page(root, "ann")
    assert "every task has full marks" in page(root, "ann")
    table = (root / "out/summary/counting.csv").read_text(encoding="utf-8")
    assert table.splitlines()[1].startswith("ann,graded,,12,12,")


def test_one_student_only(root: Path) -> None:
    assert feedback(root, "--student", "bob") == 0
    assert sorted(path.name for path in (root / "out/feedback").iterdir()) == ["bob"]


def test_results_of_another_version_are_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / "solutions/counting/counting.md"
    file.write_text(
        file.read_text(encoding="utf-8").replace("Count things", "Count others"), encoding="utf-8"
    )
    assert feedback(root) == 1
    told = capsys.readouterr().err
    assert "ann: graded with another version of 'counting': run 'course grade counting' again" in told
    assert not (root / "out/feedback").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["feedback", "counting", "--out", "nowhere"], "nothing of 'counting' was graded there"),
        (["feedback", "counting", "--out", "out", "--student", "eve"], "no result of eve"),
        (["feedback", "counting", "--out", "out", "--db", "sqlite:///other.db"], "there is no gradebook"),
        (["feedback", "counting"], "give --out"),
        (["feedback", "sorting", "--out", "out"], "no assignment"),
    ],
)
def test_mistakes_are_one_line(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(root)
    assert cli.main(["--root", str(root), *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
    assert not (root / "nowhere").exists()
