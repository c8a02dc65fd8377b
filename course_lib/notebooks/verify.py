"""Did a notebook really run, within its budget, as its source promised?"""

from __future__ import annotations

from dataclasses import dataclass

from nbformat import NotebookNode

from course_lib.notebooks.errors import Problem
from course_lib.notebooks.source import Source, tags

_SECONDS_PER_CELL = 1e-4  # no kernel answers faster; a notebook below this was not run
_IMAGES = ("image/png", "image/svg+xml", "image/jpeg", "image/gif")


@dataclass(frozen=True)
class Budget:
    """What one chapter may use in the quick profile."""

    cpu_s: float = 45.0
    peak_mb: float = 1500.0

    def exceeded(self, source: Source, executed: NotebookNode) -> Problem | None:
        """What an execution used too much of, at its longest cell."""
        facts = executed.metadata.course
        found = []
        if facts["cpu_s"] > self.cpu_s:
            found.append(f"{facts['cpu_s']:.1f} s of CPU, the limit is {self.cpu_s:g} s")
        if facts["peak_mb"] > self.peak_mb:
            found.append(f"{facts['peak_mb']:.0f} MB, the limit is {self.peak_mb:g} MB")
        if not found:
            return None
        longest = max((c for c in executed.cells if c.cell_type == "code"), key=_seconds)
        told = f"over budget: {' and '.join(found)}; this cell takes longest, {_seconds(longest):.1f} s"
        return _at(source, longest, told)


def _seconds(cell: NotebookNode) -> float:
    """What a cell took."""
    return cell.metadata.get("course", {}).get("wall_s") or 0.0


def unproven(source: Source, executed: NotebookNode) -> list[Problem]:
    """Cells that did not run, or a whole notebook that ran in no time."""
    problems = []
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    for expected, cell in enumerate(code, 1):
        if cell.execution_count != expected:
            said = "no execution count" if cell.execution_count is None else f"count {cell.execution_count}"
            problems.append(
                _at(source, cell, f"not proven to have run in order: {said}, expected {expected}")
            )
    facts = executed.metadata.get("course", {})
    if not facts.get("cpu_s", 0) > 0 or not facts.get("wall_s", 0) > _SECONDS_PER_CELL * len(code):
        message = f"{len(code)} cells ran in {facts.get('wall_s', 0)} s: the notebook was not executed"
        problems.append(Problem(source.name, 1, None, message))
    return problems


def broken_promises(source: Source, executed: NotebookNode) -> list[Problem]:
    """Tags and texts the outputs do not keep: a failure that was announced and did not come, a figure without
    alt text, a cell to compare that prints nothing or draws."""
    problems = []
    current = {cell.id: cell for cell in source.nb.cells}
    for cell in executed.cells:
        if cell.cell_type != "code" or cell.id not in current:
            continue
        now = current[cell.id]  # tags and alt text may have changed since the run
        if "raises-exception" in tags(now) and not any(out.output_type == "error" for out in cell.outputs):
            problems.append(
                _at(source, cell, "tagged raises-exception but raised nothing: drop the tag or mend it")
            )
        draws = any(mime in out.get("data", {}) for out in cell.outputs for mime in _IMAGES)
        if draws and not alt_text(now) and not {"remove-output", "remove-cell"} & set(tags(now)):
            problems.append(
                _at(source, cell, "draws a figure without alt text: add `mystnb: {image: {alt: …}}`")
            )
        if "nbval-check-output" in tags(now):
            if not cell.outputs:
                problems.append(
                    _at(source, cell, "tagged nbval-check-output but prints nothing: drop the tag")
                )
            elif draws:
                problems.append(
                    _at(source, cell, "tagged nbval-check-output but draws: tag a cell that prints")
                )
    return problems


def alt_text(cell: NotebookNode) -> str:
    """The alt text of a cell's figures, as MyST-NB reads it from the cell metadata."""
    mystnb = cell.metadata.get("mystnb")
    image = mystnb.get("image") if isinstance(mystnb, dict) else None
    alt = image.get("alt") if isinstance(image, dict) else None
    return str(alt or "").strip()


def _at(source: Source, cell: NotebookNode, message: str) -> Problem:
    index = source.position(cell.id)
    if index is None:  # an injected cell
        return Problem(source.name, 1, None, message)
    return Problem(source.name, source.lines[index], index + 1, message)
