"""Submissions made from an assignment's own answers, and what the engine made of them."""

import ast
from dataclasses import dataclass, field

import nbformat

from course_lib.grading.engine import model as engine
from course_lib.grading.source import BEGIN_SOLUTION, END_SOLUTION, Assignment, answer, split

_EXAMPLES = "examples"
_RUN_EXAMPLES = "import __main__ as _main, doctest as _doctest\nprint(_doctest.testmod(_main))"


class NotGraded(Exception):
    """The engine could not grade a submission; the message says why."""


@dataclass(frozen=True)
class Submission:
    """One student notebook to be graded, under a name of its own."""

    student: str
    text: str


@dataclass
class Outcome:
    """The marks and what the test cells said.

    marks: points by grade_id. errors: the message by grade_id, for the tests that failed.
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


def handed_in(assignment: Assignment, submission: Submission) -> engine.Submission:
    """A submission as the engine reads it."""
    return engine.Submission(submission.student, {f"{assignment.slug}.ipynb": submission.text.encode()})


def outcome(assignment: Assignment, result: engine.Result) -> Outcome:
    """The outcome in a result of the engine. Raises NotGraded when it has none."""
    if result.status != engine.GRADED:
        raise NotGraded(result.reason)
    cells = [cell for notebook in result.notebooks for cell in notebook.cells]
    found = Outcome()
    for cell in cells:
        if cell.grade_id in assignment.tests():
            found.marks[cell.grade_id] = cell.score or 0.0
            if cell.message:
                found.errors[cell.grade_id] = cell.message
            elif stderr := _stream(cell, "stderr"):
                found.stderr[cell.grade_id] = stderr.strip().partition("\n")[0]
    if cells and not cells[-1].grade_id and cells[-1].source == _RUN_EXAMPLES:
        found.examples = _stream(cells[-1], "stdout")
    return found


def _stream(cell: engine.CellResult, name: str) -> str:
    outputs = (o for o in cell.outputs if o["output_type"] == "stream" and o["name"] == name)
    return "".join(output["text"] for output in outputs)


def examples_of(assignment: Assignment) -> int:
    """How many `>>>` examples the solution cells show."""
    shown = (split(c.source, BEGIN_SOLUTION, END_SOLUTION).outside for c in assignment.solutions().values())
    return sum(line.strip().startswith(">>> ") for lines in shown for line in lines)
