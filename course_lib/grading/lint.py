"""The rules an assignment's source keeps, checked without running anything."""

import ast
import re

from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator

from course_lib.grading.source import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_HIDDEN,
    END_SOLUTION,
    Assignment,
    Variant,
    first_line,
    is_solution,
    split,
)

POINTS = (10, 20)
GRADED_CELLS = (4, 8)
WRONG, ALTERNATIVES = 5, 3

_SHAPE = re.compile(r"\(\w+(, \w+)*,?\)|\bshape\b|\bnumber\b|\bscalar\b")
_RUBRIC = re.compile(r"^\* (\d+) points?: \S", re.MULTILINE)


def lint(assignment: Assignment) -> list[str]:
    """What is wrong with an assignment's source: one line each, `file: what`, in the order of the cells."""
    found = lint_cells(assignment)
    if not found:  # the sums are of no use before
        found = [f"{assignment.path}: {what}" for what in _totals(assignment)]
    return found + _variants(assignment)


def lint_cells(assignment: Assignment) -> list[str]:
    """The findings that concern single cells; a source without them can be released while it is being written."""
    found = _metadata(assignment) or _cells(assignment)  # the rules for cells read the metadata
    return [f"{assignment.path}: {what}" for what in found]


def _metadata(assignment: Assignment) -> list[str]:
    found = []
    validator = MetadataValidator()
    ids: set[str] = set()
    for cell in assignment.notebook.cells:
        if "nbgrader" not in cell.metadata:
            if cell.cell_type == "code" and re.search(r"### (BEGIN|END) ", cell.source):
                found.append(f"a cell with markers has no nbgrader metadata: {first_line(cell)}")
            continue
        grade_id = cell.metadata.nbgrader.grade_id
        try:
            validator.validate_cell(cell)
        except Exception as error:  # jsonschema and nbgrader raise several kinds
            found.append(f"cell '{grade_id}': {getattr(error, 'message', error)}")
            continue
        if grade_id in ids:
            found.append(f"cell '{grade_id}': the grade_id is used twice")
        ids.add(grade_id)
    return found


def _cells(assignment: Assignment) -> list[str]:
    found: list[str] = []
    solutions_before: list[str] = []
    for grade_id, cell in assignment.cells().items():
        if grade_id in assignment.solutions():
            found += [f"cell '{grade_id}': {what}" for what in _solution(cell)]
            solutions_before.append(grade_id)
        elif grade_id in assignment.tests():
            found += [f"cell '{grade_id}': {what}" for what in _test(cell)]
            if not solutions_before:
                found.append(f"cell '{grade_id}': a test before any cell that a student fills in")
        elif grade_id in assignment.manual():
            points = sum(int(p) for p in _RUBRIC.findall(cell.source))
            if points != cell.metadata.nbgrader.points:
                found.append(
                    f"cell '{grade_id}': its rubric ('* 1 point: ...' lines) adds up to {points}, "
                    f"its points are {cell.metadata.nbgrader.points}"
                )
    return found


def _solution(cell: NotebookNode) -> list[str]:
    try:
        regions = split(cell.source, BEGIN_SOLUTION, END_SOLUTION)
        tree = ast.parse(cell.source)
    except ValueError as error:
        return [str(error)]
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    found = []
    if not regions.inside:
        found.append(f"no '{BEGIN_SOLUTION}' ... '{END_SOLUTION}' region, so the whole cell would vanish")
    if BEGIN_HIDDEN in cell.source:
        found.append("hidden tests inside a solution cell; put them in the test cell")
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            text = ast.get_docstring(node) or ""
            if not text:
                found.append(f"{node.name} has no docstring")
            elif not _SHAPE.search(text):
                found.append(f"the docstring of {node.name} says nothing about shapes, such as (n, d)")
            elif ">>>" not in text:
                found.append(f"the docstring of {node.name} has no worked example (>>>)")
    return found


def _test(cell: NotebookNode) -> list[str]:
    if not cell.metadata.nbgrader.locked:
        return ["a test cell must be locked: true"]
    try:
        regions = split(cell.source, BEGIN_HIDDEN, END_HIDDEN)
        visible = ast.parse("\n".join(regions.outside))
        everything = ast.parse(cell.source)
    except ValueError as error:
        return [str(error)]
    except SyntaxError as error:
        return [f"line {error.lineno}: {error.msg}"]
    found = []
    if not _checks(visible):
        found.append("no visible test; students need one to see that they are on the right way")
    if not any("assert" in line for line in regions.inside):
        found.append(f"no hidden test between '{BEGIN_HIDDEN}' and '{END_HIDDEN}'")
    for node in ast.walk(everything):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass", "type"):
            found.append(
                f"a test that asks for a type: {ast.unparse(node)[:60]}; convert the value and look at it"
            )
        if isinstance(node, ast.Assert) and node.msg is None:
            found.append(f"an assert without a message: {ast.unparse(node)[:60]}")
    used, shown = _forbidden(everything), _forbidden(visible)
    declared = set(cell.metadata.get("course", {}).get("forbidden", []))
    for name in sorted(used - declared):
        found.append(f"without('{name}') is not declared; add it to 'course: {{forbidden: [...]}}'")
    for name in sorted(declared - used):
        found.append(f"'{name}' is declared forbidden, but the test does not run inside without('{name}')")
    for name in sorted(used & declared - shown):
        found.append(f"without('{name}') stands in the hidden part only; students must see it")
    return found


def _checks(tree: ast.Module) -> bool:
    """Whether a test checks anything: an assert, or one of numpy.testing's functions."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].startswith("assert_"))
        for node in ast.walk(tree)
    )


def _forbidden(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "without":
            names |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
    return names


def _totals(assignment: Assignment) -> list[str]:
    found = []
    points, tests, manual = assignment.points(), assignment.tests(), assignment.manual()
    if not POINTS[0] <= points <= POINTS[1]:
        found.append(f"{points:g} points in all; an assignment has {POINTS[0]} to {POINTS[1]}")
    if not GRADED_CELLS[0] <= len(tests) + len(manual) <= GRADED_CELLS[1]:
        there = len(tests) + len(manual)
        found.append(f"{there} graded cells; an assignment has {GRADED_CELLS[0]} to {GRADED_CELLS[1]}")
    if not manual:
        found.append("no manually graded cell (a Markdown cell with grade: true and solution: true)")
    if not any(not is_solution(c) and c.cell_type == "code" for c in assignment.cells().values()):
        found.append("no locked code cell with the imports")
    return found


def _variants(assignment: Assignment) -> list[str]:
    found = []
    for variant in assignment.wrong + assignment.alternatives:
        found += [f"{variant.path}: {what}" for what in _variant(assignment, variant)]
    folder = assignment.path.parent
    there = {"wrong": len(assignment.wrong), "alternatives": len(assignment.alternatives)}
    for kind, least in (("wrong", WRONG), ("alternatives", ALTERNATIVES)):
        if there[kind] < least:
            found.append(f"{folder / kind}: {there[kind]} files; there must be at least {least}")
    named = {variant.test for variant in assignment.wrong}
    for grade_id in assignment.tests():
        if grade_id not in named:
            found.append(f"{folder / 'wrong'}: no wrong answer names the test '{grade_id}'")
    return found


def _variant(assignment: Assignment, variant: Variant) -> list[str]:
    found = []
    solutions = assignment.solutions()
    for grade_id, source in variant.cells.items():
        if grade_id not in solutions:
            found.append(f"'# cell: {grade_id}' is no solution cell; there are: {', '.join(solutions)}")
        if BEGIN_SOLUTION in source or BEGIN_HIDDEN in source:
            found.append(f"'# cell: {grade_id}' has markers; it is what a student hands in")
    if variant.test and variant.test not in assignment.tests():
        found.append(f"'test: {variant.test}' is no test cell; there are: {', '.join(assignment.tests())}")
    return found
