"""Student versions: made by nbgrader, the same on every run, in step with the source."""

import tempfile
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import nbformat

from course_lib.grading import stock
from course_lib.grading.lint import lint_cells
from course_lib.grading.source import Assignment, AssignmentError
from course_lib.notebooks.files import read_notebook


def notebook_text(notebook: nbformat.NotebookNode) -> str:
    """A notebook as the text of its file: sorted keys, one final newline."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def generate(assignments: Sequence[Assignment], course: Path, *, gradebook: bool = True) -> dict[str, str]:
    """Lets nbgrader make the student versions in a new course folder; returns their texts by slug.

    gradebook: whether nbgrader also writes the gradebook that grading needs (it takes seconds).
    Raises AssignmentError for cells that break a rule, and when nbgrader refuses a source.
    """
    if found := [line for assignment in assignments for line in lint_cells(assignment)]:
        raise AssignmentError("\n".join(found))
    write_sources(course, assignments)
    step = "generate" if gradebook else "release"
    try:
        stock.child([{"course": str(course), "slug": a.slug, "step": step} for a in assignments])
    except stock.GradingFailed as error:
        names = ", ".join(str(a.path) for a in assignments)
        raise AssignmentError(f"{names}: nbgrader cannot make the student version: {error}") from error
    texts = {}
    for assignment in assignments:
        made = course / "release" / assignment.slug / f"{assignment.slug}.ipynb"
        texts[assignment.slug] = notebook_text(nbformat.read(made, as_version=4))
    return texts


def write_sources(course: Path, assignments: Sequence[Assignment]) -> list[Path]:
    """Puts the notebooks with solutions and tests into `source/` of an nbgrader course; returns those that changed.

    Nothing else may lie beside them: nbgrader hands every other file of that folder to the students.
    """
    changed = []
    for assignment in assignments:
        path = course / "source" / assignment.slug / f"{assignment.slug}.ipynb"
        text = notebook_text(assignment.notebook)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def build(assignments: Sequence[Assignment]) -> dict[str, str]:
    """The text of each assignment's student notebook, by slug. Nothing is written."""
    if not assignments:
        return {}
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        return generate(assignments, Path(scratch), gradebook=False)


def target(root: Path, slug: str) -> Path:
    """Where the student version of an assignment lies."""
    return root / "exercises" / slug / f"{slug}.ipynb"


def write(root: Path, assignments: Sequence[Assignment]) -> list[Path]:
    """Writes the student versions that changed; returns their paths."""
    changed = []
    for slug, text in build(assignments).items():
        path = target(root, slug)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def drift(root: Path, assignments: Sequence[Assignment], texts: dict[str, str] | None = None) -> list[str]:
    """Where `exercises/` is not what the sources make: one line each, `file: cell: what`; files relative to `root`.

    Give all assignments of the course: a folder of `exercises/` without a source is reported too.
    texts: the student versions, when they have been built already.
    """
    found = []
    texts = build(assignments) if texts is None else texts
    for slug, text in texts.items():
        found += difference(root, slug, text)
    exercises = root / "exercises"
    for folder in sorted(p for p in exercises.iterdir() if p.is_dir()) if exercises.is_dir() else []:
        if folder.name not in texts:
            name = folder.relative_to(root)
            found.append(f"{name}: there is no solutions/{folder.name}/{folder.name}.md; remove the folder")
    return found


def difference(root: Path, slug: str, text: str) -> list[str]:
    """How an exercise differs from the student version `text`: one line, or none."""
    path = target(root, slug)
    name, remedy = path.relative_to(root), f"run 'course release {slug}'"
    if not path.exists():
        return [f"{name}: missing; {remedy}"]
    if path.read_text(encoding="utf-8") == text:
        return []
    stored = read_notebook(path)
    if stored is None:
        return [f"{name}: not a readable notebook; {remedy}"]
    pairs = zip_longest(stored.cells, nbformat.reads(text, as_version=4).cells)
    cell = next((f"cell {number}: " for number, (old, new) in enumerate(pairs, 1) if old != new), "")
    return [f"{name}: {cell}not what its source makes; {remedy}"]
