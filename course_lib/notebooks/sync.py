"""``course sync``: the notebooks beside the sources, written or proven to be in step with them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from course_lib.notebooks import cache
from course_lib.notebooks.files import notebook_text, read_notebook, write_atomically
from course_lib.notebooks.layout import Project
from course_lib.notebooks.plain import plain
from course_lib.notebooks.setup import with_setup, without_setup
from course_lib.notebooks.source import Source, tags

COMPARED = "nbval-check-output"  # cells with this tag keep their outputs in the committed notebook


@dataclass
class Sibling:
    """The notebook a source makes, and where its stored outputs are missing."""

    path: Path
    nb: NotebookNode
    missing: list[int]  # 0-based cells that should carry outputs and have none
    changed: list[int]  # 0-based cells whose stored outputs differ from the fresh execution


def sibling_path(source: Source) -> Path:
    """The committed notebook that stands beside a text source."""
    return source.path.with_suffix(".ipynb")


def make_sibling(project: Project, source: Source, profile: str = "quick", device: str = "cpu") -> Sibling:
    """The notebook that should stand beside ``source``: its code as it is, its prose in plain Markdown.

    Outputs are stored for cells tagged ``nbval-check-output`` only: from the fresh execution when there is
    one, else from the existing notebook where neither the cell nor any code above it has changed.
    """
    path = sibling_path(source)
    nb = plain(source.nb, source.path, project.root)
    stored = read_notebook(path)
    old = _code_cells(without_setup(stored) if stored is not None else None)
    executed = _code_cells(_fresh(project, source, profile, device))
    missing, changed = [], []
    unchanged_so_far = True
    position = 0
    for index, cell in enumerate(nb.cells):
        if cell.cell_type != "code":
            continue
        before = old[position] if position < len(old) else None
        ran = executed[position] if executed else None
        position += 1
        unchanged_so_far = unchanged_so_far and before is not None and before.source == cell.source
        if COMPARED not in tags(cell):
            continue
        kept = _storable(before.outputs) if unchanged_so_far and before is not None else []
        cell.outputs = _storable(ran.outputs) if ran is not None else kept
        if not cell.outputs:
            missing.append(index)
            continue
        cell.execution_count = position  # nbval takes outputs without a count for a mistake
        if ran is not None and kept and kept != cell.outputs:
            changed.append(index)
    complete = with_setup(nb, project.root)
    added = len(complete.cells) - len(nb.cells)
    # The set-up cell stands before every other code cell.
    return Sibling(path, complete, [i + added for i in missing], [i + added for i in changed])


def write(project: Project, sources: Sequence[Source]) -> tuple[list[Path], list[str]]:
    """Write the siblings that changed and remove those without a source.

    Returns the paths written or removed, and one line per chapter whose compared outputs are still missing.
    """
    touched, notes = [], []
    for source in sources:
        sibling = make_sibling(project, source)
        text = notebook_text(sibling.nb)
        if not sibling.path.exists() or sibling.path.read_text(encoding="utf8") != text:
            write_atomically(sibling.path, text)
            touched.append(sibling.path)
        if sibling.missing:
            count, first = len(sibling.missing), sibling.missing[0] + 1
            name = project.name(sibling.path)
            notes.append(
                f"{name}: {count} cells (the first is {first}) have no output to compare yet: {_RUN}"
            )
    for orphan in orphans(project):
        orphan.unlink()
        touched.append(orphan)
    return touched, notes


def drift(project: Project, sources: Sequence[Source]) -> list[str]:
    """One line for each notebook that is not what its source makes."""
    found = []
    for source in sources:
        sibling = make_sibling(project, source)
        line = _difference(sibling)
        if line:
            found.append(f"{project.name(sibling.path)}: {line}")
    found += [
        f"{project.name(path)}: no source {path.stem}.md: run `course sync`" for path in orphans(project)
    ]
    return found


def orphans(project: Project) -> list[Path]:
    """Notebooks under ``chapters/`` without a text source of the same name."""
    found = (project.root / "chapters").rglob("*.ipynb")
    return sorted(
        p for p in found if ".ipynb_checkpoints" not in p.parts and not p.with_suffix(".md").exists()
    )


_RUN = "run `course run --device cpu`, then `course sync`"
_SYNC = "run `course sync`"


def _difference(sibling: Sibling) -> str | None:
    if not sibling.path.exists():
        return f"missing: {_SYNC}"
    old = read_notebook(sibling.path)
    if old is None:
        return f"not a readable notebook: {_SYNC}"
    for number, (mine, theirs) in enumerate(zip(sibling.nb.cells, old.cells, strict=False), 1):
        where = f"cell {number} (id {mine.id})"
        if (mine.cell_type, mine.source) != (theirs.cell_type, theirs.source):
            return f"{where} differs from its source: {_SYNC}"
        if mine.get("id") != theirs.get("id") or mine.metadata != theirs.metadata:
            return f"{where} has another id or other metadata than its source: {_SYNC}"
        if number - 1 in sibling.missing:
            return f"{where} has no stored output to compare: {_RUN}"
        if number - 1 in sibling.changed:
            return f"{where} stores another output than its last run: {_SYNC}"
        if mine.get("outputs") != theirs.get("outputs") or mine.get("execution_count") != theirs.get(
            "execution_count"
        ):
            return f"{where} stores outputs that do not belong there: {_SYNC}"
    if len(sibling.nb.cells) != len(old.cells):
        return f"{len(old.cells)} cells, its source has {len(sibling.nb.cells)}: {_SYNC}"
    if notebook_text(sibling.nb) != sibling.path.read_text(encoding="utf8"):
        return f"same cells, other notebook metadata or layout than its source: {_SYNC}"
    return None


def _fresh(project: Project, source: Source, profile: str, device: str) -> NotebookNode | None:
    key = cache.execution_key(source.nb, profile, device, "both", cache.surroundings(project))
    return cache.fresh(cache.executed_path(project, source.path, profile, device, "both"), key)


def _code_cells(nb: NotebookNode | None) -> list[NotebookNode]:
    return [cell for cell in nb.cells if cell.cell_type == "code"] if nb is not None else []


def _storable(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs without what changes from run to run: counts, and where a stream was cut into pieces."""
    kept: list[NotebookNode] = []
    for output in copy.deepcopy(outputs):
        if "execution_count" in output:
            output["execution_count"] = None
        if kept and output.output_type == "stream" == kept[-1].output_type and output.name == kept[-1].name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    return kept
