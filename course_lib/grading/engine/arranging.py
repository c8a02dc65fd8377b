"""Puts a student's cells into the author's notebook: which answers are taken, and where added cells go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from course_lib.grading.engine.model import Cell, Notebook
from course_lib.grading.engine.paths import shown
from course_lib.grading.engine.submitted import SubmittedCell

_NOTES = 20


@dataclass(frozen=True)
class RebuiltCell:
    """One cell to be run or shown, in its place.

    cell: the author's, None for one that the student added. source: the student's for answers and added
    cells, the author's (hidden tests included) otherwise. changed: whether an answer differs from its stub.
    missing: whether the submission did not have the cell.
    """

    kind: str
    source: str
    cell: Cell | None = None
    changed: bool = True
    missing: bool = False


@dataclass
class Notes:
    """What was repaired or dropped, one line each; a flood is cut."""

    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Note something."""
        if len(self.lines) < _NOTES:
            self.lines.append(line)
        elif len(self.lines) == _NOTES:
            self.lines.append("there was more of this kind")


def arrange(
    notebook: Notebook, found: Sequence[SubmittedCell], extra_cells: bool, notes: Notes
) -> list[RebuiltCell]:
    """The author's cells in the author's order with the student's answers, and the cells that the student added.

    extra_cells: whether added code cells are kept; added text always is. `notes` is told about everything
    that was not as it should be.
    """
    chosen = _matched(notebook.cells, found, notes)
    taken = set(chosen.values())
    added = [
        i
        for i in range(len(found))
        if i not in taken and _is_worth_keeping(found[i], notebook, found, chosen)
    ]
    _adopt(notebook.cells, found, chosen, added, notes)
    if not chosen:
        notes.add("none of the assignment's cells is in this notebook; is it the right one?")
    if not extra_cells and any(found[i].kind == "code" for i in added):
        notes.add("code cells that were added are not run in this assignment")
        added = [i for i in added if found[i].kind != "code"]
    return _interleaved(notebook.cells, found, chosen, set(added), notes)


def _matched(cells: Sequence[Cell], found: Sequence[SubmittedCell], notes: Notes) -> dict[int, int]:
    """The submitted cell, by position, for each of the author's cells that was handed in."""
    ranks = {cell.grade_id: rank for rank, cell in enumerate(cells) if cell.grade_id}
    candidates: defaultdict[int, list[int]] = defaultdict(list)
    for position, cell in enumerate(found):
        if cell.grade_id in ranks:
            candidates[ranks[cell.grade_id]].append(position)
        elif cell.grade_id and cell.claims.get("grade") in (True, 1):
            notes.add(f"cell {shown(cell.grade_id)} is not of this assignment; it gives no points")
    _match_plain(cells, found, candidates)
    single = {positions[0]: rank for rank, positions in candidates.items() if len(positions) == 1}
    chosen = {rank: position for position, rank in single.items()}
    for rank, positions in candidates.items():
        if len(positions) > 1:
            chosen[rank] = _nearest(rank, positions, single, len(cells))
            notes.add(
                f"cell {shown(cells[rank].grade_id)} is there {len(positions)} times; the one in its place counts"
            )
    return chosen


def _match_plain(
    cells: Sequence[Cell], found: Sequence[SubmittedCell], candidates: dict[int, list[int]]
) -> None:
    """Match the author's cells without a name to submitted ones with the same text, in their order."""
    unnamed: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    taken = {position for positions in candidates.values() for position in positions}
    for position, cell in enumerate(found):
        if position not in taken and cell.source is not None:
            unnamed[cell.kind, cell.source.strip()].append(position)
    for rank, author in enumerate(cells):
        if not author.grade_id and (same := unnamed[author.kind, author.source.strip()]):
            candidates[rank] = [same.pop(0)]


def _nearest(rank: int, positions: Sequence[int], single: dict[int, int], count: int) -> int:
    """Which of several copies stands where the author's cell does: the last one, as in nbgrader, when in doubt."""

    def distance(position: int) -> int:
        before = max((p for p in single if p < position), default=None)
        after = min((p for p in single if p > position), default=None)
        above = -1 if before is None else single[before]
        below = count if after is None else single[after]
        return abs(rank - 1 - above) + abs(rank + 1 - below)

    return min(reversed(positions), key=distance)


def _is_worth_keeping(
    cell: SubmittedCell, notebook: Notebook, found: Sequence[SubmittedCell], chosen: dict[int, int]
) -> bool:
    """Whether an added cell says something that the notebook does not have already."""
    if not cell.source or not cell.source.strip() or cell.kind == "raw":
        return False
    if not cell.grade_id:
        return True
    for rank, author in enumerate(notebook.cells):
        if author.grade_id == cell.grade_id:
            return cell.source not in (author.given, author.source, found[chosen[rank]].source)
    return True


def _adopt(
    cells: Sequence[Cell],
    found: Sequence[SubmittedCell],
    chosen: dict[int, int],
    added: list[int],
    notes: Notes,
) -> None:
    """Take an added cell as the answer that is missing, if it defines what the answer should.

    Cells that are cut and pasted, or retyped, lose their names.
    """
    for rank, author in enumerate(cells):
        if rank in chosen or not (author.solution and author.kind == "code" and author.defines and added):
            continue
        for position in reversed(added):
            cell = found[position]
            if cell.kind == "code" and cell.source and _defines(cell.source, author.defines):
                chosen[rank] = position
                added.remove(position)
                notes.add(
                    f"cell {shown(author.grade_id)} had lost its name; a cell with its function was taken"
                )
                break


def _defines(source: str, names: Sequence[str]) -> bool:
    """Whether a line defines one of the names. Looked up, not parsed: students' code does not reach the parser here."""
    either = "|".join(map(re.escape, names))
    pattern = rf"^(?:(?:async[ \t]+)?def|class)[ \t]+(?:{either})\b|^(?:{either})[ \t]*=(?!=)"
    return re.search(pattern, source, re.MULTILINE) is not None


def _interleaved(
    cells: Sequence[Cell],
    found: Sequence[SubmittedCell],
    chosen: dict[int, int],
    added: set[int],
    notes: Notes,
) -> list[RebuiltCell]:
    """An added cell follows the author's cell that it followed; missing cells go before it, missing tests after."""
    ranks = {position: rank for rank, position in chosen.items()}
    following: defaultdict[int, list[RebuiltCell]] = defaultdict(list)
    last = -1
    for position, cell in enumerate(found):
        last = ranks.get(position, last)
        if position in added:
            following[last].append(RebuiltCell(cell.kind, cell.source or ""))
    order = [ranks[position] for position in sorted(ranks) if cells[ranks[position]].grade_id]
    if order != sorted(order):
        notes.add("cells are not in the assignment's order; they were put back")
    rebuilt: list[RebuiltCell] = []
    waiting = following[-1]
    for rank, author in enumerate(cells):
        if rank in chosen or author.is_test:
            rebuilt += waiting
            waiting = []
        submitted = found[chosen[rank]] if rank in chosen else None
        rebuilt.append(_filled(author, submitted, notes))
        if rank in chosen:
            waiting = following[rank]
    return rebuilt + waiting


def _filled(author: Cell, submitted: SubmittedCell | None, notes: Notes) -> RebuiltCell:
    """One of the author's cells, with the student's answer if it is one that students write in."""
    name = shown(author.grade_id)
    if submitted is None:
        if author.grade_id:
            notes.add(
                f"cell {name} was missing; it was put back" + (" as it was given" if author.solution else "")
            )
        return RebuiltCell(author.kind, author.source, author, changed=False, missing=True)
    if author.grade_id and _lies(author, submitted):
        notes.add(f"cell {name}: its type or points were changed; that has no effect")
    if author.solution or (author.task and not author.locked):
        if submitted.source is None:
            notes.add(f"cell {name} could not be read or is too long; it was put back as it was given")
            return RebuiltCell(author.kind, author.source, author, changed=False, missing=True)
        return RebuiltCell(author.kind, submitted.source, author, changed=submitted.source != author.given)
    if author.grade_id and (submitted.source or "").strip() not in (
        author.given.strip(),
        author.source.strip(),
    ):
        what = "is a test" if author.is_test else "belongs to the assignment"
        notes.add(f"cell {name} {what} and was changed; the original was used")
    return RebuiltCell(author.kind, author.source, author, changed=False)


def _lies(author: Cell, submitted: SubmittedCell) -> bool:
    """Whether the submitted cell's metadata contradicts the author's."""
    truth = {"grade": author.grade, "solution": author.solution, "task": author.task, "points": author.points}
    if not (author.grade or author.task):
        del truth["points"]
    return submitted.kind != author.kind or any(
        key in submitted.claims and submitted.claims[key] != value for key, value in truth.items()
    )
