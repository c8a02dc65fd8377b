"""Whole assignments in the judge, run as a program: it has only imported the frameworks when it forks.

`python -m tests.grading.engine.judged SLUG` prints one line for every mark that is not as it should be.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from course_lib.grading import source
from course_lib.grading.engine import syntax
from tests.grading.engine.pairs import Pair

ROOT = Path(__file__).resolve().parents[3]
# The last one is what torch imports when an optimiser takes its first step.
FRAMEWORKS = ("numpy", "torch", "keras", "tensorflow", "torch._dynamo")


def run(assignment: source.Assignment, answers: dict[str, str], only: str = "") -> dict[str, str]:
    """What each test, or one of them, says about `answers`; the author's where there is none. Empty "
    "if it passes."""
    code = [cell for cell in assignment.notebook.cells if cell.cell_type == "code"]
    untested = [cell for cell in code if not source.is_graded(cell)]
    cells = [answers.get(cell.id, source.answer(cell.source)) for cell in untested]
    told: dict[str, str] = {}
    with Pair(*cells) as pair:
        for cell in code:
            if source.is_solution(cell):
                pair.defines += sorted(syntax.defined(source.answer(cell.source)))
                pair.classes += sorted(syntax.classes(source.answer(cell.source)))
            elif not source.is_graded(cell) or only in ("", cell.id):
                reply = pair.ask(
                    hidden_tests_in(cell), graded=source.is_graded(cell), forbidden=forbidden(cell)
                )
                told[cell.id] = "" if reply["status"] == "ok" else f"{reply['ename']}: {reply['evalue']}"
    return told


def hidden_tests_in(cell: NotebookNode) -> str:
    """A test as it is run: its hidden part without the marker lines."""
    markers = (source.BEGIN_HIDDEN, source.END_HIDDEN)
    return "\n".join(line for line in cell.source.splitlines() if line.strip() not in markers)


def forbidden(cell: NotebookNode) -> list[str]:
    """The names that may not be used while a test runs."""
    return list(cell.metadata.get("course", {}).get("forbidden", []))


def defects(assignment: source.Assignment) -> Iterator[str]:
    """One line per test that says something else about a known answer than it should.

    Of the wrong answers, the first for each test: all of them are what `course check-graders` proves.
    """
    for name, answers in [("reference", {}), *((v.name, v.cells) for v in assignment.alternatives)]:
        yield from (f"{name}: {test}: {told}" for test, told in run(assignment, answers).items() if told)
    first = {variant.test: variant for variant in reversed(assignment.wrong)}
    for variant in first.values():
        told = run(assignment, variant.cells, variant.test)[variant.test]
        if variant.message not in told:
            yield f"{variant.name}: {variant.test}: {told or 'passed'}"


def main(slug: str) -> None:
    """Print the defects of one assignment."""
    for name in FRAMEWORKS:
        importlib.import_module(name)
    (path,) = source.find(ROOT, [slug])
    for line in defects(source.load(path)):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1])
