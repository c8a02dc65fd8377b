"""Finds solutions and hidden tests where students can read them."""

import io
import keyword
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path

import nbformat

from course_lib.grading.source import (
    BEGIN_HIDDEN,
    BEGIN_SOLUTION,
    END_HIDDEN,
    END_SOLUTION,
    Assignment,
    is_graded,
    is_solution,
    split,
)

_TRIVIAL_TOKENS = 5
# `X = np.asarray(X, dtype=float)`: a conversion that any cell may begin with
_CONVERSION = re.compile(r"(\w+) = np \. (as)?array \( \1 (, (dtype = )?[\w.\" ]+)?\)")
_MARKER = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)")


def normalised(line: str) -> str:
    """A line of code or text without indentation, comment and spacing, so that copies compare equal."""
    try:
        tokens = tokenize.generate_tokens(io.StringIO(line.strip()).readline)
        parts = [t.string for t in tokens if t.type not in (tokenize.COMMENT, tokenize.NEWLINE, tokenize.NL)]
        return " ".join(part for part in parts if part.strip())
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return " ".join(re.split(r"\s+#\s", line.strip())[0].split())


def trivial(line: str) -> bool:
    """Whether a normalised line says nothing about a solution: an import, `else:`, `return x`."""
    words = line.split()
    if not words or words[0] in ("import", "from", "def", "class", "with", "@", '"""'):
        return True
    if _CONVERSION.fullmatch(line):
        return True
    return sum(not keyword.iskeyword(w) for w in words) < _TRIVIAL_TOKENS


def secrets(assignment: Assignment) -> dict[str, tuple[list[str], list[str]]]:
    """What students must not see, by grade_id: the lines of the solution, and those of the hidden tests.

    A hidden test's line that its author also wrote in a visible test (`X = ...`) is no secret.
    """
    shown = {
        normalised(line)
        for cell in assignment.tests().values()
        for line in split(cell.source, BEGIN_HIDDEN, END_HIDDEN).outside
    }
    found = {}
    for grade_id, cell in assignment.cells().items():
        solution: list[str] = []
        hidden: list[str] = []
        if is_solution(cell):
            regions = split(cell.source, BEGIN_SOLUTION, END_SOLUTION)
            solution = regions.inside or regions.outside
        elif is_graded(cell):
            hidden = split(cell.source, BEGIN_HIDDEN, END_HIDDEN).inside
        found[grade_id] = (
            _telling(solution),
            [line for line in _telling(hidden) if line not in shown],
        )
    return found


def _telling(lines: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(n for line in lines if not trivial(n := normalised(line))))


def in_release(assignment: Assignment, text: str) -> list[str]:
    """The solution lines and hidden test lines in a student notebook: one line each, `file: what`."""
    lines: dict[str, str] = {}
    for cell in nbformat.reads(text, as_version=4).cells:
        for line in cell.source.splitlines():
            lines.setdefault(normalised(line), line.strip())
    name = f"exercises/{assignment.slug}/{assignment.slug}.ipynb"
    found = [f"{name}: a marker is left: {line}" for line in lines.values() if _MARKER.search(line)]
    for grade_id, (solution, hidden) in secrets(assignment).items():
        for kind, secret in (("solution", solution), ("hidden test", hidden)):
            found += [
                f"{name}: shows a {kind} line of '{grade_id}': {lines[line]}"
                for line in secret
                if line in lines
            ]
    return found


def in_exercises(root: Path, slugs: Iterable[str]) -> list[str]:
    """Files under `exercises/` that are no student notebook."""
    known = {Path("exercises") / slug / f"{slug}.ipynb" for slug in slugs}
    found = []
    for path in sorted((root / "exercises").rglob("*")):
        relative = path.relative_to(root)
        if path.is_file() and relative not in known and ".ipynb_checkpoints" not in path.parts:
            found.append(
                f"{relative.as_posix()}: no student notebook; only 'course release' writes in exercises/"
            )
    return found


def in_chapters(root: Path, assignments: Iterable[Assignment]) -> list[str]:
    """Chapters that contain a whole solution: every telling line of a cell that has at least two."""
    found = []
    chapters = {
        path: {normalised(line) for line in path.read_text(encoding="utf-8").splitlines()}
        for path in sorted((root / "chapters").rglob("*.md"))
    }
    for assignment in assignments:
        for grade_id, (solution, _) in secrets(assignment).items():
            for path, lines in chapters.items():
                if len(solution) > 1 and lines.issuperset(solution):
                    where = path.relative_to(root).as_posix()
                    found.append(f"{where}: contains the whole solution of '{grade_id}' of {assignment.slug}")
    return found
