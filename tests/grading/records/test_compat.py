"""Compat mode gives the grades that nbgrader gives, row by row: answers of every assignment.

Of the wrong answers nbgrader grades every third, for it takes seconds over each; with `--every-answer`, all of them.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course_lib.grading import source
from course_lib.kernels import PROVISIONER
from course_lib.notebooks.environment import cores
from tests.grading.records import courses

ROOT = Path(__file__).resolve().parents[3]
REPORT = ROOT / "_build" / "grading" / "compat.txt"

Row = dict[str, Any]


@pytest.fixture(scope="module")
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], dict, dict]:
    """The assignments, and the courses after nbgrader and after the engine, by assignment."""
    folder = tmp_path_factory.mktemp("compat")
    assignments = [source.load(path) for path in source.find(ROOT)]
    slugs = [assignment.slug for assignment in assignments]
    step = 1 if request.config.getoption("--every-answer") else 3
    made = courses.make(assignments, folder / "made", step=step)
    # A gradebook each: nbgrader is not made for two processes on one.
    stock = {slug: made.copy(folder / f"stock-{slug}") for slug in slugs}
    ours = made.copy(folder / "ours")
    environment = {"JUPYTER_DEFAULT_PROVISIONER_NAME": PROVISIONER}
    with ThreadPoolExecutor(cores()) as threads:
        done = [threads.submit(courses.autograde, stock[slug], slug, environment) for slug in slugs]
        for future in done:
            future.result()
    for slug in slugs:
        courses.grade_with_engine(ours, slug, jobs=cores())
    return slugs, stock, dict.fromkeys(slugs, ours)


def differences(stock: list[Row], ours: list[Row]) -> list[str]:
    """One line for each value that differs, and for each row that only one side has."""
    tables = [{(r["student"], r["notebook"], r["cell"]): r for r in rows} for rows in (stock, ours)]
    found = []
    for key in sorted(tables[0].keys() | tables[1].keys()):
        left, right = (table.get(key, {}) for table in tables)
        found += [
            f"{'/'.join(key)}: {name}: nbgrader {left.get(name)!r}, engine {right.get(name)!r}"
            for name in sorted(left.keys() | right.keys())
            if left.get(name) != right.get(name)
        ]
    return found


def test_every_row_is_the_same(
    graded: tuple[list[str], dict, dict], capsys: pytest.CaptureFixture[str]
) -> None:
    slugs, stock, ours = graded
    lines, found = ["assignment       submissions  rows  different"], []
    for slug in slugs:
        theirs, mine = stock[slug].rows(slug), ours[slug].rows(slug)
        different = differences(theirs, mine)
        students = {row["student"] for row in theirs}
        lines.append(f"{slug:16} {len(students):11}  {len(theirs):4}  {len(different):9}")
        found += [f"{slug}: {line}" for line in different]
        assert {"reference.1", "stub.1"} < students
        full = sum(
            row["max_score"] for row in theirs if row["auto_score"] and row["student"] == "reference.1"
        )
        assert (
            full
            == sum(row["score"] for row in theirs if row["auto_score"] and row["student"] == "reference.1")
            > 0
        )
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text("\n".join([*lines, "", *found]).rstrip() + "\n", encoding="utf-8")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert found == []


def test_a_difference_is_seen() -> None:
    row = {"student": "ann", "notebook": "n", "cell": "t", "auto_score": 1.0}
    other = row | {"cell": "u"}
    assert differences([row], [row]) == []
    assert differences([row], [row | {"auto_score": 0.0}]) == [
        "ann/n/t: auto_score: nbgrader 1.0, engine 0.0"
    ]
    assert len(differences([row, other], [row])) == 4


def test_the_notebooks_are_the_same_but_for_what_ran(graded: tuple[list[str], dict, dict]) -> None:
    slugs, stock, ours = graded
    compared = 0
    for slug in slugs:
        for theirs in sorted((stock[slug].root / "autograded").glob(f"*/{slug}/{slug}.ipynb")):
            mine = ours[slug].autograded(theirs.parts[-3], slug) / theirs.name
            assert _content(mine) == _content(theirs), mine
            compared += 1
    assert compared > 100


def _content(path: Path) -> list[tuple]:
    """What a person and nbgrader read in a notebook: not the outputs, which hold times and addresses."""
    return [
        (cell.cell_type, cell.source, cell.metadata.get("nbgrader"), cell.get("execution_count"))
        for cell in nbformat.read(path, as_version=4).cells
    ]
