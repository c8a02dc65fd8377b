"""The teacher's page of a graded class, and the same rows for a spreadsheet.

It is made from the results as they come, one at a time; what is kept of each is a small row.
"""

from __future__ import annotations

import csv
import io
import os
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from course_lib.grading.engine.model import GRADED, Bundle, Result
from course_lib.grading.records import outline, pages
from course_lib.grading.records.marks import Gradebook, Marks
from course_lib.grading.records.resemblance import (
    VERY_LIKELY,
    Match,
    Signature,
    general,
    not_begun,
    resembles,
)
from course_lib.notebooks.files import write_atomically

FOLDER = "summary"
_MESSAGES, _LIKENESSES, _SLOWEST, _BINS, _WIDTH = 5, 3, 10, 10, 1000
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a text for a formula; the wide forms too, which some programs fold."""


@dataclass(frozen=True)
class Graded:
    """A graded cell of the assignment. `key` is its notebook and grade_id."""

    key: tuple[str, str]
    title: str
    points: float
    by_tests: bool


@dataclass
class Row:
    """What is kept of one submission. scores and messages are by `Graded.key`; times in seconds."""

    student: str
    status: str
    reason: str
    scores: dict[tuple[str, str], float | None] = field(default_factory=dict)
    messages: dict[tuple[str, str], str] = field(default_factory=dict)
    untouched: set[tuple[str, str]] = field(default_factory=set)
    """Answers that a person grades and that are as they were handed out."""
    matches: list[Match] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    penalty: float = 0.0
    seconds: float = 0.0
    cpu: float = 0.0
    own_cpu: float = 0.0
    memory_mb: float = 0.0
    slowest: str = ""
    link: str = ""

    @property
    def total(self) -> float:
        """All points given so far, less the penalty."""
        return max(0.0, sum(score or 0.0 for score in self.scores.values()) - self.penalty)


@dataclass(frozen=True)
class Bar:
    """One line of a chart: a name, and parts in thousandths of the chart's width by their class in the style sheet."""

    label: str
    parts: tuple[tuple[str, int, int], ...]
    """Class, start, width."""
    count: int = 0


@dataclass
class TaskFigures:
    """How one graded cell went in the class."""

    task: Graded
    full: int
    part: int
    none: int
    missing: int
    waiting: int
    mean: float
    bar: Bar
    messages: list[tuple[str, int, str]]
    """The commonest messages: text, how often, and the known mistakes that go with it."""

    @property
    def rate(self) -> str:
        """Full marks as a share of those that have marks."""
        marked = self.full + self.part + self.none + self.missing
        return f"{100 * self.full / marked:.0f} %" if marked else "–"


def graded_cells(bundle: Bundle) -> list[Graded]:
    """Everything in an assignment that gives points, in order."""
    found = []
    for notebook in bundle.notebooks:
        names = outline.titles(notebook)
        prefix = f"{notebook.name}: " if len(bundle.notebooks) > 1 else ""
        found += [
            Graded((notebook.name, cell.grade_id), prefix + names[cell.grade_id], cell.points, cell.is_test)
            for cell in notebook.cells
            if cell.grade or cell.task
        ]
    return found


def rows(
    bundle: Bundle,
    results: Iterable[Result],
    marks: Gradebook | None = None,
    known: Sequence[Signature] = (),
    link: str = "",
) -> list[Row]:
    """What to keep of each result, sorted by student. marks: the gradebook's, which win over the results'.

    link: the address of the folder of feedback pages, relative to the summary.
    """
    cells = graded_cells(bundle)
    return sorted((_row(cells, result, marks or {}, known, link) for result in results), key=_student)


def write(
    bundle: Bundle,
    results: Iterable[Result],
    folder: Path,
    *,
    marks: Gradebook | None = None,
    known: Sequence[Signature] = (),
    feedback: Path | None = None,
    wall: float | None = None,
) -> tuple[Path, Path]:
    """Write `folder/<assignment>.html` and `.csv`; returns their paths.

    known: the assignment's known mistakes, if it has a catalogue. feedback: the folder that the students' pages
    are in. wall: how long grading took, in seconds.
    """
    link = quote(os.path.relpath(feedback, folder)) if feedback else ""
    found = rows(bundle, results, marks, known, link)
    page, table = folder / f"{bundle.assignment}.html", folder / f"{bundle.assignment}.csv"
    write_atomically(table, spreadsheet(bundle, found))
    write_atomically(page, html(bundle, found, catalogue=bool(known), wall=wall))
    return page, table


def spreadsheet(bundle: Bundle, found: Sequence[Row]) -> str:
    """The rows as CSV. No text in it can be taken for a formula."""
    cells = graded_cells(bundle)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        [
            *("student", "status", "reason", "points", "of"),
            *(_plain(f"{cell.key[0]}/{cell.key[1]}") for cell in cells),
            *("late penalty", "seconds", "CPU seconds", "own CPU seconds", "memory MB", "resembles"),
        ]
    )
    highest = sum(cell.points for cell in cells)
    for row in found:
        scores = (row.scores.get(cell.key) for cell in cells)
        writer.writerow(
            [
                *(_plain(text) for text in (row.student, row.status, row.reason)),
                *(f"{row.total:g}", f"{highest:g}"),
                *("" if score is None else f"{score:g}" for score in scores),
                f"{row.penalty:g}",
                *(f"{x:.2f}" for x in (row.seconds, row.cpu, row.own_cpu)),
                f"{row.memory_mb:.0f}",
                _plain("; ".join(f"{match.test} {match}" for match in row.matches)),
            ]
        )
    return file.getvalue()


def html(bundle: Bundle, found: Sequence[Row], *, catalogue: bool = False, wall: float | None = None) -> str:
    """The page as text. catalogue: whether failing answers were compared with known mistakes."""
    cells = graded_cells(bundle)
    done = [row for row in found if row.status == GRADED]
    waiting = sum(any(row.scores.get(cell.key) is None for cell in cells) for row in done)
    counted = [cell for cell in cells if cell.by_tests] if waiting else cells
    highest = sum(cell.points for cell in counted)
    totals = [
        sum(row.scores.get(cell.key) or 0.0 for cell in counted) - (0.0 if waiting else row.penalty)
        for row in done
    ]
    return pages.render(
        "summary",
        title=outline.title(bundle.notebooks[0]) if bundle.notebooks else bundle.assignment,
        assignment=bundle.assignment,
        found=found,
        done=done,
        others=[row for row in found if row.status != GRADED],
        noted=[row for row in found if row.notes],
        waiting=waiting,
        highest=highest,
        mean=statistics.fmean(totals) if totals else 0.0,
        median=statistics.median(totals) if totals else 0.0,
        histogram=histogram(totals, highest),
        tasks=[figures(cell, done) for cell in cells],
        slowest=sorted(done, key=lambda row: -row.seconds)[:_SLOWEST],
        catalogue=catalogue,
        mistakes=_mistakes(found, cells),
        cost=_cost(found, wall),
    )


def histogram(totals: Sequence[float], highest: float) -> list[Bar]:
    """Submissions by points: one bar per point where there are few points, else tenths of all."""
    if highest <= 0:
        return []
    whole = highest <= 2 * _BINS and highest == int(highest)
    many = int(highest) if whole else _BINS
    bins = Counter(min(many, max(0, int(total / highest * many + 1e-9))) for total in totals)
    labels = (
        [pages.number(i) for i in range(many + 1)]
        if whole
        else [f"{i * 100 // many} % to {(i + 1) * 100 // many} %" for i in range(many)] + ["all points"]
    )
    largest = max(bins.values(), default=1)
    return [
        Bar(label, (("full", 0, round(_WIDTH * bins[i] / largest)),), bins[i])
        for i, label in enumerate(labels)
    ]


def _row(
    cells: Sequence[Graded], result: Result, gradebook: Gradebook, known: Sequence[Signature], link: str
) -> Row:
    marks = {n: gradebook.get((result.student, n), Marks()) for n in dict.fromkeys(c.key[0] for c in cells)}
    graded = {(n.name, c.grade_id): c for n in result.notebooks for c in n.cells if c.grade_id}
    row = Row(result.student, result.status, result.reason)
    for cell in cells:
        notebook, grade_id = cell.key
        own = graded.get(cell.key)
        given = own.score if own else 0.0 if cell.by_tests else None
        row.scores[cell.key] = marks[notebook].scores.get(grade_id, given)
        if own and own.message and (own.score or 0.0) < cell.points:
            row.messages[cell.key] = own.message
        if own and not cell.by_tests and not own.changed:
            row.untouched.add(cell.key)
    slowest = max(
        ((c.seconds, n.name, c) for n in result.notebooks for c in n.cells), default=None, key=_first
    )
    if slowest and slowest[0] > 0:
        named = {cell.key: cell.title for cell in cells}
        _, notebook, taken = slowest
        what = named.get((notebook, taken.grade_id)) or taken.grade_id or "a cell of the student"
        row.slowest = f"{what}: {taken.seconds:.1f} s"
    row.matches = resembles(result, known) if known else []
    reasons = [f"{n.name}: {n.reason}" for n in result.notebooks if n.status != GRADED and n.reason]
    row.notes = [*reasons, *result.notes, *(note for n in result.notebooks for note in n.notes)]
    row.penalty = sum(m.penalty for m in marks.values())
    row.seconds, row.cpu, row.own_cpu = result.seconds, result.cpu, result.own_cpu
    row.memory_mb = result.memory_mb
    if link and cells:
        row.link = f"{link}/{quote(result.student)}/{quote(result.assignment)}/{quote(cells[0].key[0])}.html"
    return row


def figures(task: Graded, done: Sequence[Row]) -> TaskFigures:
    """How a graded cell went in the submissions that were graded."""
    scores = [(row.scores.get(task.key), row) for row in done]
    marked = [(score, row) for score, row in scores if score is not None]
    full = sum(score >= task.points for score, _ in marked)
    part = sum(0 < score < task.points for score, _ in marked)
    missing = sum(score <= 0 < task.points and _is_missing(task, row) for score, row in marked)
    none = len(marked) - full - part - missing
    waiting = len(scores) - len(marked)
    mean = statistics.fmean(score for score, _ in marked) if marked else 0.0
    shares = {"full": full, "part": part, "none": none, "wait": missing + waiting}
    messages = _commonest(task, done)
    return TaskFigures(task, full, part, none, missing, waiting, mean, _stacked(task.title, shares), messages)


def _is_missing(task: Graded, row: Row) -> bool:
    """Whether an answer that has no points was not begun."""
    return task.key in row.untouched or not_begun(row.messages.get(task.key, ""))


def _stacked(label: str, shares: dict[str, int]) -> Bar:
    """Shares of a whole, next to each other."""
    whole, parts, start, so_far = sum(shares.values()), [], 0, 0
    for name, many in shares.items():
        so_far += many
        end = round(_WIDTH * so_far / whole) if whole else 0
        parts.append((name, start, end - start))
        start = end
    return Bar(label, tuple(parts), whole)


def _commonest(task: Graded, done: Sequence[Row]) -> list[tuple[str, int, str]]:
    """Messages that differ in numbers only are counted together, and shown as the first of them."""
    groups: dict[str, list[Row]] = {}
    for row in done:
        message = row.messages.get(task.key, "")
        if message and not not_begun(message):
            groups.setdefault(general(message), []).append(row)
    common = sorted(groups.values(), key=lambda group: (-len(group), group[0].messages[task.key]))
    return [(g[0].messages[task.key], len(g), _likeness(task, g)) for g in common[:_MESSAGES]]


def _likeness(task: Graded, group: Sequence[Row]) -> str:
    """What answers with the same message resemble: one known mistake and how surely, or several with their numbers."""
    matches = [match for row in group for match in row.matches if match.test == task.key[1]]
    kinds = Counter((match.names, match.sureness) for match in matches)
    if len(kinds) == 1 and len(matches) == len(group):
        return "{} ({})".format(*next(iter(kinds)))
    names = Counter(match.names for match in matches).most_common(_LIKENESSES)
    return "; ".join(f"{many} of {len(group)}: {name}" for name, many in names)


def _mistakes(found: Sequence[Row], cells: Sequence[Graded]) -> list[tuple[str, str, list[Row], int]]:
    """Known mistakes by how many submissions resemble them: title, task, submissions, how many very likely."""
    named = {cell.key[1]: cell.title for cell in cells}
    groups: dict[tuple[str, str], list[tuple[Row, Match]]] = {}
    for row in found:
        for match in row.matches:
            groups.setdefault((match.names, named.get(match.test, match.test)), []).append((row, match))
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        (title, task, [row for row, _ in pairs], sum(match.sureness == VERY_LIKELY for _, match in pairs))
        for (title, task), pairs in ordered
    ]


def _cost(found: Sequence[Row], wall: float | None) -> list[tuple[str, str]]:
    """What grading took: names and values with units."""
    if not found:
        return []
    cpu, own = sum(row.cpu for row in found), sum(row.own_cpu for row in found)
    values = [
        ("CPU in all", _time(cpu)),
        ("of it students' code and tests", f"{100 * own / cpu:.0f} %" if cpu else "–"),
        ("CPU per submission, median", f"{statistics.median(row.cpu for row in found):.2f} s"),
        ("time per submission, median", f"{statistics.median(row.seconds for row in found):.2f} s"),
        ("largest memory of one", f"{max(row.memory_mb for row in found):.0f} MB"),
    ]
    if wall is not None:
        rate = f"{len(found) / wall:.1f} per second" if wall > 0 else "–"
        values = [("from start to end", _time(wall)), ("rate", rate), *values]
    return values


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


def _plain(text: str) -> str:
    """A text for a spreadsheet: one line, and led by an apostrophe where it could be taken for a formula."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA) else line


def _student(row: Row) -> str:
    return row.student


def _first(item: tuple[float, object, object]) -> float:
    return item[0]
