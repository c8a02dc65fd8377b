"""Submissions made from an assignment's own answers, and what nbgrader made of them."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from course_lib.grading.source import BEGIN_SOLUTION, END_SOLUTION, Assignment, answer, split

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_EXAMPLES = "examples"
_RUN_EXAMPLES = "import __main__ as _main, doctest as _doctest\nprint(_doctest.testmod(_main))"


@dataclass(frozen=True)
class Submission:
    """One student notebook to be graded. `student` is its name in nbgrader."""

    student: str
    text: str


@dataclass
class Outcome:
    """What nbgrader gave and what the test cells said.

    marks: points by grade_id. errors: `kind: message` by grade_id, for the tests that failed.
    stderr: the first line on stderr by grade_id. examples: what doctest printed, for the reference only.
    """

    marks: dict[str, float] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    stderr: dict[str, str] = field(default_factory=dict)
    examples: str = ""

    def total(self) -> float:
        """All automatic points."""
        return sum(self.marks.values())

    def why(self, grade_id: str) -> str:
        """Why a test gave no points, in one line."""
        if grade_id in self.errors:
            return " ".join(self.errors[grade_id].split())
        if grade_id in self.stderr:
            return f"nothing failed, but it wrote to stderr (use quiet()): {self.stderr[grade_id]}"
        return "the test did not fail"


def make(assignment: Assignment, released: str, runs: int) -> list[Submission]:
    """All submissions of an assignment: reference, stub and alternatives `runs` times, wrong answers once.

    A wrong answer is handed in with the solution cells that its test needs; the others stay untouched, to save time.
    released: the text of the student notebook they are made from.
    """
    reference = {grade_id: answer(cell.source) for grade_id, cell in assignment.solutions().items()}
    plans = [("reference", reference), ("stub", {})]
    plans += [(v.name, reference | v.cells) for v in assignment.alternatives]
    wrong = [
        (v.name, _needed(reference | v.cells, assignment.tests()[v.test].source)) for v in assignment.wrong
    ]
    return [
        Submission(f"{name}.{run}", _filled(released, cells, examples=name == "reference" and run == 1))
        for run in range(1, runs + 1)
        for name, cells in (plans + wrong if run == 1 else plans)
    ]


def _needed(cells: dict[str, str], test: str) -> dict[str, str]:
    """The cells that a test needs: those that define a name it reads, those that these need, and so on."""
    kept: set[str] = set()
    wanted = _read(test)
    while more := {
        grade_id for grade_id, code in cells.items() if grade_id not in kept and wanted & _defined(code)
    }:
        kept |= more
        wanted |= {name for grade_id in more for name in _read(cells[grade_id])}
    return {grade_id: code for grade_id, code in cells.items() if grade_id in kept}


def _read(code: str) -> set[str]:
    """The names that code reads anywhere."""
    nodes = ast.walk(ast.parse(code))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _defined(code: str) -> set[str]:
    """The names that code gives to the cells after it."""
    names: set[str] = set()
    for statement in ast.parse(code).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
        else:
            nodes = ast.walk(statement)
            names |= {
                node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            }
    return names


def _filled(released: str, cells: dict[str, str], *, examples: bool) -> str:
    notebook = nbformat.reads(released, as_version=4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in cells:
            cell.source = cells[grade_id]
    if examples:
        notebook.cells.append(nbformat.v4.new_code_cell(_RUN_EXAMPLES, id=_EXAMPLES))
    return nbformat.writes(notebook, version=4)


def read(graded: Path, marks: dict[str, float]) -> Outcome:
    """The outcome in an autograded notebook, with the marks of nbgrader's gradebook."""
    outcome = Outcome(marks=dict(marks))
    for cell in nbformat.read(graded, as_version=4).cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id", ""))
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                outcome.errors.setdefault(grade_id, _ANSI.sub("", f"{output.ename}: {output.evalue}"))
            elif output.output_type == "stream" and output.name == "stderr":
                outcome.stderr.setdefault(grade_id, output.text.strip().partition("\n")[0])
            elif output.output_type == "stream" and grade_id == _EXAMPLES:
                outcome.examples += output.text
    return outcome


def examples_of(assignment: Assignment) -> int:
    """How many `>>>` examples the solution cells show."""
    shown = (split(c.source, BEGIN_SOLUTION, END_SOLUTION).outside for c in assignment.solutions().values())
    return sum(line.strip().startswith(">>> ") for lines in shown for line in lines)
