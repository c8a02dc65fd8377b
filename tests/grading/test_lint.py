"""Every rule of an assignment's source finds what breaks it."""

from pathlib import Path

import pytest

from course_lib.grading import lint, source
from tests.grading import counting


def findings(tmp_path: Path, old: str = "", new: str = "") -> list[str]:
    assert old in counting.SOURCE
    return lint.lint(source.load(counting.course(tmp_path, text=counting.SOURCE.replace(old, new, 1))))


def test_a_good_source_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("grade_id: largest,", "grade_id: total,", "the grade_id is used twice"),
        ("schema_version: 3, grade_id: total", "schema_version: 3, colour: red, grade_id: total", "colour"),
        ("    ### END SOLUTION", "", "never closed"),
        ("    ### BEGIN SOLUTION", "", "'### END SOLUTION' without its partner"),
        ("Works on numbers, shape (n,). Returns a number.", "Adds up.", "says nothing about shapes"),
        ("    >>> total([3, 1, 2])\n    6\n", "", "no worked example"),
        (', "total of three numbers"', "", "an assert without a message"),
        ('assert total([3, 1, 2]) == 6, "total of three numbers"', "seen = total([])", "no visible test"),
        ('assert largest([-7, -2]) == -2, "did you start from 0"', "pass", "no hidden test between"),
        ("course: {forbidden: [math.prod]}\n", "", "without('math.prod') is not declared"),
        ("[math.prod]", "[math.prod, math.fsum]", "'math.fsum' is declared forbidden, but"),
        (
            "assert total([3, 1, 2]) == 6,",
            "assert isinstance(total([3, 1, 2]), int),",
            "a test that asks for a type",
        ),
        ("points: 3", "points: 30", "39 points in all"),
        ("* 2 points: says", "* 1 point: says", "adds up to 2, its points are 3"),
        ("locked: true, points: 3", "locked: false, points: 3", "must be locked"),
    ],
)
def test_a_broken_rule_is_found(tmp_path: Path, old: str, new: str, said: str) -> None:
    found = findings(tmp_path, old, new)
    assert any(said in line for line in found), found
    assert all(line.count("\n") == 0 and ": " in line for line in found)


def test_hidden_without_is_found(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        'with quiet(), without("math.prod"):\n    assert product([3, 1, 2]) == 6, "product of three numbers"\n'
        "    ### BEGIN HIDDEN TESTS\n    assert",
        'assert product([3, 1, 2]) == 6, "product of three numbers"\n'
        '### BEGIN HIDDEN TESTS\nwith without("math.prod"):\n    assert',
    )
    assert any("stands in the hidden part only" in line for line in found), found


def test_too_few_variants_are_found(tmp_path: Path) -> None:
    path = counting.course(tmp_path)
    for name in ("counts", "loses_the_sign"):
        (path.parent / "wrong" / f"{name}.py").unlink()
    (path.parent / "alternatives" / "builtin.py").unlink()
    found = "\n".join(lint.lint(source.load(path)))
    assert "wrong: 4 files; there must be at least 5" in found
    assert "alternatives: 2 files; there must be at least 3" in found
    assert "no wrong answer names the test 'test_total'" in found


def test_unknown_names_in_a_variant_are_found(tmp_path: Path) -> None:
    path = counting.course(tmp_path)
    text = counting.wrong("test_totals", "m", "totals", "return 0")
    (path.parent / "wrong" / "typo.py").write_text(text, encoding="utf-8")
    found = "\n".join(lint.lint(source.load(path)))
    assert "typo.py: '# cell: totals' is no solution cell; there are: total, largest, product" in found
    assert "typo.py: 'test: test_totals' is no test cell" in found
