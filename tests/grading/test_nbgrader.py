"""The real thing on a small assignment: nbgrader makes the student version, the engine grades the answers."""

import json
from pathlib import Path

import nbformat
import pytest

from course_lib.cli import main
from course_lib.grading import checks, cli, release, source, stock
from tests.grading import counting


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    counting.course(folder)
    return folder


def test_release_is_deterministic_and_has_no_answers(root: Path) -> None:
    assignments = [source.load(path) for path in source.find(root)]
    assert release.drift(root, assignments) == [
        "exercises/counting/counting.ipynb: missing; run 'course release counting'"
    ]
    assert release.write(root, assignments) == [root / "exercises/counting/counting.ipynb"]
    assert release.write(root, assignments) == []
    assert release.drift(root, assignments) == []
    text = release.target(root, "counting").read_text(encoding="utf-8")
    assert all(
        secret not in text for secret in ("fsum", "did you lose the sign", "counted once", "HIDDEN", "BEGIN")
    )
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    cells = {cell.id: cell for cell in notebook.cells}
    assert "raise NotImplementedError()" in cells["total"].source
    assert cells["why"].source == "YOUR ANSWER HERE"
    assert cells["test_total"].metadata.nbgrader.points == 3
    assert cells["test_product"].metadata.course.forbidden == ["math.prod"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)


def test_drift_is_one_line(root: Path) -> None:
    assignments = [source.load(path) for path in source.find(root)]
    release.write(root, assignments)
    target = release.target(root, "counting")
    good = target.read_text(encoding="utf-8")
    target.write_text(good.replace("Count things", "Count others"), encoding="utf-8")
    (root / "exercises" / "gone").mkdir()
    texts = {"counting": good}
    try:
        assert release.drift(root, assignments, texts) == [
            "exercises/counting/counting.ipynb: cell 1: not what its source makes; run 'course release counting'",
            "exercises/gone: there is no solutions/gone/gone.md; remove the folder",
        ]
    finally:
        (root / "exercises" / "gone").rmdir()
        target.write_text(good, encoding="utf-8")


def test_a_source_that_nbgrader_refuses_is_one_line(tmp_path: Path) -> None:
    text = counting.SOURCE.replace("Count things.", "A BEGIN SOLUTION in prose.")
    assignment = source.load(counting.course(tmp_path, text=text))
    with pytest.raises(source.AssignmentError) as caught:
        release.build([assignment])
    message = str(caught.value)
    assert "nbgrader cannot make the student version" in message
    assert "no end solution statement found" in message
    assert "\n" not in message


def test_a_broken_cell_stops_the_release_with_its_name(tmp_path: Path) -> None:
    text = counting.SOURCE.replace("    ### END SOLUTION", "", 1)
    assignment = source.load(counting.course(tmp_path, text=text))
    with pytest.raises(source.AssignmentError, match=r"counting\.md: cell 'total': .* never closed by"):
        release.build([assignment])


def test_graders_are_proved_and_defects_are_found(tmp_path: Path) -> None:
    """Two assignments in one go: a good one, and one with every kind of defect."""
    good = source.load(counting.course(tmp_path))
    text = counting.SOURCE.replace("total([3, 1, 2]) == 6", "max(3, 1, 2) == 3").replace(
        'assert total([-1, 4]) == 3, "did you lose the sign"\nassert total([]) == 0, "an empty sum is 0"',
        'assert True, "always"',
    )
    path = counting.course(tmp_path, "broken", text)
    picky = counting.alternative("largest", "return 'three'")
    (path.parent / "alternatives" / "picky.py").write_text(picky, encoding="utf-8")
    other = counting.wrong("test_largest", "another message", "largest", "return None")
    (path.parent / "wrong" / "other_message.py").write_text(other, encoding="utf-8")
    broken = source.load(path)
    seen: list[tuple[int, int]] = []
    reports, _ = checks.check([good, broken], jobs=2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (59, 59)
    assert [report.defects for report in reports[:1]] == [[]]
    assert reports[0].row()[:7] == ["counting", "12 (9 by tests)", "4", "9/9", "0", "6/6", "3/3"]
    found = [line.rpartition("broken/")[2] for line in reports[1].defects]
    assert found == [
        f"{line} ({mode})"
        for mode in ("strict", "compat")
        for line in (
            "broken.md: the untouched exercise gets 3 points on 'test_total'",
            "wrong/counts.py: not caught by 'test_total'",
            "wrong/loses_the_sign.py: not caught by 'test_total'",
            "wrong/other_message.py: 'test_largest' says 'largest of three numbers', "
            "which does not contain 'another message'",
            "alternatives/picky.py: loses 3 points on 'test_largest': largest of three numbers",
        )
    ]


def test_the_command_reports_a_bad_header_and_exits_2(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = root / "solutions" / "counting" / "wrong" / "headless.py"
    bad.write_text("# cell: total\nx = 1\n", encoding="utf-8")
    try:
        assert main(["--root", str(root), "check-graders", "counting"]) == 2
    finally:
        bad.unlink()
    said = capsys.readouterr().err.strip()
    assert "solutions/counting/wrong/headless.py: no docstring" in said
    assert "\n" not in said


def test_leaks_and_drift_reach_the_report(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assignments = cli.read(root, ["counting"])
    release.write(root, assignments)
    text = release.target(root, "counting").read_text(encoding="utf-8")
    leaky = json.loads(text)
    leaky["cells"][0]["source"] = ["return round(math.fsum(float(number) for number in numbers))"]
    monkeypatch.setattr(cli, "check", lambda *args, **kwargs: ([], {"counting": json.dumps(leaky)}))
    (root / "exercises" / "counting" / "answers.py").touch()
    try:
        _, defects = cli.prove(root, assignments, jobs=1)
    finally:
        (root / "exercises" / "counting" / "answers.py").unlink()
    assert len(defects) == 3
    assert "shows a solution line of 'total'" in defects[0]
    assert defects[1].startswith("exercises/counting/counting.ipynb: cell 1: not what its source makes")
    assert defects[2].startswith("exercises/counting/answers.py: no student notebook")


def test_the_release_command_says_what_it_wrote(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release.target(root, "counting").unlink(missing_ok=True)
    assert main(["--root", str(root), "release"]) == 0
    assert capsys.readouterr().out == "wrote exercises/counting/counting.ipynb\n1 changed of 1 exercises\n"


def test_the_sources_of_another_course(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--root", str(root), "release", "counting", "--course", str(tmp_path)]
    assert main(command) == 0
    assert capsys.readouterr().out == "wrote source/counting/counting.ipynb\n1 changed of 1 sources\n"
    assert main(command) == 0
    assert capsys.readouterr().out == "0 changed of 1 sources\n"
    stock.child([{"course": str(tmp_path), "slug": "counting", "step": "generate"}])
    # The students get the notebook and nothing else.
    (student,) = (tmp_path / "release" / "counting").iterdir()
    assert "raise NotImplementedError()" in student.read_text(encoding="utf-8")
    assert main([*command[:-1], str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err == (
        f"course: --course {tmp_path}/nowhere: no such folder; name that of your nbgrader course\n"
    )
