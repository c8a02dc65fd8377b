"""Reads an assignment: its MyST source, and the wrong and alternative answers beside it.

An assignment is `solutions/<slug>/<slug>.md`, a MyST notebook whose cells carry nbgrader's own metadata.
`wrong/*.py` and `alternatives/*.py` beside it replace the content of solution cells.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.source import read_source

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"

_CELL = re.compile(r"^# cell:\s*(\S+)\s*$")
_FIELD = re.compile(r"^(test|message):\s*(.*)$")


class AssignmentError(CourseError):
    """An assignment that cannot be used as it is: one line, `file: what is wrong and what to do`."""


@dataclass(frozen=True)
class Regions:
    """A cell's source, split at a pair of markers: the lines outside and the lines inside."""

    outside: list[str]
    inside: list[str]


@dataclass(frozen=True)
class Variant:
    """A wrong or alternative answer: what it is, and the solution cells it replaces."""

    path: Path
    title: str
    cells: dict[str, str]
    test: str = ""
    message: str = ""

    @property
    def name(self) -> str:
        """The name of the submission made from it, such as `wrong-sum-over-batch`."""
        kind = "wrong" if self.path.parent.name == "wrong" else "alternative"
        return f"{kind}-{self.path.stem}".replace("_", "-")


@dataclass
class Assignment:
    """One assignment. `notebook` is the nbgrader source notebook, solutions and hidden tests included."""

    slug: str
    path: Path
    notebook: NotebookNode

    def cells(self) -> dict[str, NotebookNode]:
        """The cells that carry nbgrader metadata, by grade_id."""
        return {c.metadata.nbgrader.grade_id: c for c in self.notebook.cells if "nbgrader" in c.metadata}

    def tests(self) -> dict[str, NotebookNode]:
        """The automatically graded cells, by grade_id."""
        return {k: c for k, c in self.cells().items() if is_graded(c) and not is_solution(c)}

    def manual(self) -> dict[str, NotebookNode]:
        """The cells a person grades, by grade_id."""
        return {k: c for k, c in self.cells().items() if is_graded(c) and is_solution(c)}

    def solutions(self) -> dict[str, NotebookNode]:
        """The code cells a student fills in, by grade_id."""
        return {k: c for k, c in self.cells().items() if is_solution(c) and c.cell_type == "code"}

    def auto_points(self) -> float:
        """The points that the tests give."""
        return sum(c.metadata.nbgrader.points for c in self.tests().values())

    def points(self) -> float:
        """All points, those of a person included."""
        return self.auto_points() + sum(c.metadata.nbgrader.points for c in self.manual().values())

    @cached_property
    def wrong(self) -> list[Variant]:
        """The answers that must lose a mark."""
        return [read_variant(p) for p in sorted((self.path.parent / "wrong").glob("*.py"))]

    @cached_property
    def alternatives(self) -> list[Variant]:
        """The right answers in another style."""
        return [read_variant(p) for p in sorted((self.path.parent / "alternatives").glob("*.py"))]


def is_graded(cell: NotebookNode) -> bool:
    """Whether the cell gives points."""
    return bool(cell.metadata.get("nbgrader", {}).get("grade", False))


def is_solution(cell: NotebookNode) -> bool:
    """Whether a student writes in the cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution", False))


def split(source: str, begin: str, end: str) -> Regions:
    """Splits a cell's source at marker lines. Raises ValueError when they do not match."""
    outside: list[str] = []
    inside: list[str] = []
    open_ = False
    for line in source.splitlines():
        if line.strip() in (begin, end):
            if (line.strip() == begin) == open_:
                raise ValueError(f"'{line.strip()}' without its partner")
            open_ = not open_
        else:
            (inside if open_ else outside).append(line)
    if open_:
        raise ValueError(f"'{begin}' is never closed by '{end}'")
    return Regions(outside, inside)


def answer(source: str) -> str:
    """A solution cell as a student would hand it in: without the marker lines."""
    kept = [line for line in source.splitlines() if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION)]
    return "\n".join(kept)


def find(root: Path, slugs: list[str] | None = None) -> list[Path]:
    """The sources of the assignments under `root/solutions`, all of them or those named.

    Raises AssignmentError for a name that does not exist.
    """
    known = {p.stem: p for p in sorted((root / "solutions").glob("*/*.md")) if p.stem == p.parent.name}
    for slug in slugs or []:
        if slug not in known:
            there = ", ".join(known) or "none"
            raise AssignmentError(f"{slug}: no assignment solutions/{slug}/{slug}.md; there are: {there}")
    return [known[slug] for slug in slugs] if slugs else list(known.values())


def load(path: Path) -> Assignment:
    """Reads one source. Cell ids come from grade_ids and contents, so they are the same every time."""
    source = read_source(path)
    notebook = source.nb
    if "course" in source.header:  # what the assignment asks of its grading
        notebook.metadata["course"] = source.header["course"]
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader")
        if meta is not None:
            if not isinstance(meta, dict) or not isinstance(meta.get("grade_id"), str):
                raise AssignmentError(
                    f"{path}: a cell has nbgrader metadata without a grade_id: {first_line(cell)}"
                )
            meta.setdefault("task", False)
            meta.setdefault("cell_type", cell.cell_type)
            cell.id = meta["grade_id"][:64]
    return Assignment(path.stem, path, notebook)


def first_line(cell: NotebookNode) -> str:
    """The first line of a cell, to point at it in a message."""
    return next((line.strip() for line in cell.source.splitlines() if line.strip()), "(empty cell)")[:60]


def read_variant(path: Path) -> Variant:
    """Reads a wrong or alternative answer.

    The module docstring's first line says what it is; a wrong answer adds `test:` and `message:` lines.
    Each `# cell: <grade_id>` line starts the text that replaces that solution cell.
    Raises AssignmentError, one line, for anything else.
    """
    text = path.read_text(encoding="utf-8")
    try:
        docstring = ast.get_docstring(ast.parse(text)) or ""
    except SyntaxError as error:
        raise AssignmentError(f"{path}: line {error.lineno}: {error.msg}") from error
    if not docstring.strip():
        raise AssignmentError(f"{path}: no docstring; its first line says what this answer does")
    fields = {m[1]: m[2].strip() for line in docstring.splitlines() if (m := _FIELD.match(line.strip()))}
    cells: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.splitlines():
        if found := _CELL.match(line):
            if found[1] in cells:
                raise AssignmentError(f"{path}: two '# cell: {found[1]}' sections; keep one")
            current = cells.setdefault(found[1], [])
        elif current is not None:
            current.append(line)
    if not cells:
        raise AssignmentError(
            f"{path}: no '# cell: <grade_id>' line; it says which solution cell the code replaces"
        )
    sources = {grade_id: "\n".join(lines).strip() for grade_id, lines in cells.items()}
    for grade_id, source in sources.items():
        if not source:
            raise AssignmentError(f"{path}: the section '# cell: {grade_id}' is empty")
    if path.parent.name == "wrong":
        for name in ("test", "message"):
            if not fields.get(name):
                raise AssignmentError(
                    f"{path}: no '{name}:' line in the docstring; a wrong answer names both"
                )
    return Variant(
        path, docstring.splitlines()[0].strip(), sources, fields.get("test", ""), fields.get("message", "")
    )
