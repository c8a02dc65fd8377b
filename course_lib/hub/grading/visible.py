"""The bundle of an assignment with nothing in it that students were not given."""

from __future__ import annotations

import ast
from dataclasses import replace

from course_lib.grading.engine.model import Bundle, Cell
from course_lib.grading.records.feedback import visible as shown


def visible_only(bundle: Bundle) -> Bundle:
    """The assignment as it was released: hidden tests and marking schemes are not in it.

    A test whose checks are all hidden gives no points here: it would pass for everybody.
    """
    notebooks = tuple(
        replace(notebook, cells=tuple(_given(cell) for cell in notebook.cells))
        for notebook in bundle.notebooks
    )
    return replace(bundle, notebooks=notebooks)


def test_points(bundle: Bundle) -> float:
    """What the tests of a bundle give in all."""
    return sum(cell.points for notebook in bundle.notebooks for cell in notebook.cells if cell.is_test)


def _given(cell: Cell) -> Cell:
    # Not `cell.given` alone: should a marker be left in it, what it encloses goes as well.
    given = replace(cell, source=shown(cell) if cell.is_test else cell.given, released=None)
    return given if not cell.is_test or _checks(given.source) else replace(given, grade=False, points=0.0)


def _checks(source: str) -> bool:
    """Whether code does anything but import."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic, for instance
        return True
    idle = (ast.Import, ast.ImportFrom, ast.Pass)
    return any(
        not isinstance(one, idle) and not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in statements
    )
