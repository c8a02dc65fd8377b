"""A student's page: per task what passed, why the rest did not, and the marks. Never a hidden test.

The pages lie where `nbgrader release_feedback` looks for them, with the two files beside them that it reads.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from course_lib.grading.engine.model import (
    FAILED,
    GRADED,
    Bundle,
    Cell,
    CellResult,
    Notebook,
    NotebookResult,
    Result,
)
from course_lib.grading.leaks import normalised, trivial
from course_lib.grading.records import outline, pages
from course_lib.grading.records.marks import Gradebook, Marks
from course_lib.grading.records.notebooks import TIMESTAMP
from course_lib.grading.source import BEGIN_HIDDEN, END_HIDDEN, split
from course_lib.notebooks.files import write_atomically

FOLDER = "feedback"
SECRET = "submission_secret.txt"
"""Names the student's page in the exchange: nbgrader's own file, which came with the submission."""

_SECRET = re.compile(r"[\x21-\x7e]{16,256}")
_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_RAISED = re.compile(r"^AssertionError(: |$)")
_TRACEBACK = re.compile(r"^(Traceback \(most recent call last\)|-{20,})", re.MULTILINE)
_MARKERS = ("", BEGIN_HIDDEN, END_HIDDEN)
_LONGEST_OUTPUT = 20_000
"""Characters of one output that are shown."""
_TELLING_LENGTH = 12
"""Characters of a hidden line below which finding it in a text says nothing."""

UNGRADED = "This test did not run."
NEUTRAL = "A check of this test failed. It has no message of its own."
UNANSWERED = "You have not answered this task yet: the cell is as you received it."
STILL_RAISES = (
    "Your answer still raises NotImplementedError: remove the line `raise NotImplementedError()` "
    "once your own code is in place."
)


@dataclass(frozen=True)
class Output:
    """What a cell showed: text, or a picture as the address of its own bytes."""

    text: str = ""
    picture: str = ""
    label: str = ""
    error: bool = False


@dataclass
class Answer:
    """What the student wrote in one cell. `points` is 0 where no person gives marks for it.

    kind: `code`, `markdown`, or `task` for an author's cell whose answer is in the cells added after it.
    """

    kind: str
    source: str
    changed: bool
    outputs: list[Output] = field(default_factory=list)
    points: float = 0.0
    score: float | None = None
    comment: str = ""
    origin: str = "answer"
    """`answer`: a cell to be filled in; `added`: by the student; `author`: one of the assignment that failed."""

    @property
    def stopped(self) -> bool:
        """Whether running it ended with an error."""
        return any(output.error for output in self.outputs)


@dataclass
class Test:
    """One automatically graded cell; `shown` is the part of its source that students have."""

    points: float
    score: float
    message: str
    shown: str
    more: bool = False
    """Whether the test has a part that stays hidden."""
    comment: str = ""

    @property
    def passed(self) -> bool:
        """Whether it gave all its points."""
        return self.score >= self.points


@dataclass
class Task:
    """The cells under one heading of the author."""

    title: str
    anchor: str = ""
    answers: list[Answer] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)

    @property
    def points(self) -> float:
        """What the task is worth."""
        return sum(item.points for item in self._marked())

    @property
    def earned(self) -> float:
        """The points given so far."""
        return sum(item.score or 0.0 for item in self._marked())

    @property
    def waiting(self) -> float:
        """The points that a person has not decided about yet."""
        return sum(item.points for item in self._marked() if item.score is None)

    @property
    def discussed(self) -> bool:
        """Whether a person wrote a comment."""
        return any(item.comment for item in self._marked())

    @property
    def untouched(self) -> bool:
        """Whether every cell to be answered is as it was handed out."""
        if any(answer.kind == "task" for answer in self.answers):
            return not any(answer.origin == "added" for answer in self.answers)
        given = [answer for answer in self.answers if answer.origin == "answer"]
        return bool(given) and not any(answer.changed for answer in given)

    @property
    def stopped(self) -> bool:
        """Whether one of the student's cells ended with an error that is not the stub's own."""
        return not self.untouched and any(answer.stopped for answer in self.answers)

    @property
    def state(self) -> str:
        """One word for the style sheet: plain, passed, waiting, missing, partly or failed."""
        if self.points <= 0:
            return "plain"
        if any(not test.passed for test in self.tests) or self.earned + self.waiting < self.points:
            return "missing" if self.untouched and not self.earned else "partly" if self.earned else "failed"
        return "waiting" if self.waiting else "passed"

    @property
    def verdict(self) -> str:
        """The same for people."""
        return {
            "plain": "",
            "passed": "Done",
            "waiting": "Waiting for a person",
            "missing": "Not answered",
            "partly": "Partly right",
            "failed": "Not yet right",
        }[self.state]

    @property
    def next(self) -> str:
        """The first thing to look at, or nothing."""
        if self.state == "missing":
            return UNANSWERED
        return next((test.message for test in self.tests if not test.passed), "")

    def _marked(self) -> Iterator[Answer | Test]:
        yield from self.answers
        yield from self.tests


@dataclass
class Page:
    """Everything on a page."""

    title: str
    student: str
    assignment: str
    notebook: str
    timestamp: str
    tasks: list[Task]
    problem: str
    failed: bool
    notes: list[str]
    penalty: float

    @property
    def points(self) -> float:
        """What the notebook is worth."""
        return sum(task.points for task in self.tasks)

    @property
    def waiting(self) -> float:
        """The points that a person has not decided about yet, of what could be graded."""
        return 0.0 if self.problem else sum(task.waiting for task in self.tasks)

    @property
    def received(self) -> str:
        """When it was handed in, for people."""
        try:
            moment = datetime.fromisoformat(self.timestamp)
        except ValueError:
            return self.timestamp
        return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()

    @property
    def earned(self) -> float:
        """The points given so far, less the penalty."""
        return max(0.0, sum(task.earned for task in self.tasks) - self.penalty)

    @property
    def open(self) -> list[Task]:
        """The tasks that want work."""
        return [task for task in self.tasks if task.state in ("missing", "partly", "failed")]

    @property
    def shown(self) -> list[Task]:
        """The tasks there is something to say about: where nothing was graded, those that a person looked at."""
        return [task for task in self.tasks if task.earned or task.discussed or not self.problem]

    @property
    def marked(self) -> list[Task]:
        """The tasks to be listed with their points."""
        return [task for task in self.shown if task.points > 0]


def page(bundle: Bundle, result: Result, notebook: Notebook, marks: Marks | None = None) -> Page:
    """What to tell a student about one notebook. marks: what the gradebook has, if it was asked."""
    # Where intake refused everything there are no notebooks, and the reason is the submission's.
    whole = NotebookResult(notebook.name, result.status, result.reason)
    graded = next((n for n in result.notebooks if n.name == notebook.name), whole)
    # A doubtful time of handing in is news for the teacher; unpacking an archive is enough to make one.
    notes = dict.fromkeys([*result.notes, *graded.notes])
    return Page(
        title=outline.title(notebook),
        student=result.student,
        assignment=bundle.assignment,
        notebook=notebook.name,
        timestamp=result.timestamp,
        tasks=_tasks(notebook, graded, marks or Marks()),
        problem="" if graded.status == GRADED else graded.reason or "No reason was given.",
        failed=graded.status == FAILED,
        notes=[note for note in notes if not note.startswith(TIMESTAMP)],
        penalty=marks.penalty if marks else 0.0,
    )


def html(bundle: Bundle, result: Result, marks: Gradebook | None = None) -> dict[str, str]:
    """The pages of a submission as text, by the notebook's name."""
    return {
        notebook.name: pages.render(
            "feedback",
            page=page(bundle, result, notebook, (marks or {}).get((result.student, notebook.name))),
        )
        for notebook in bundle.notebooks
    }


def write(
    bundle: Bundle, result: Result, root: Path, marks: Gradebook | None = None, secret: bytes = b""
) -> list[Path]:
    """Write the pages to `root/<student>/<assignment>/`; returns their paths.

    secret: the content of the submission's `submission_secret.txt`. Without a usable one, the file of an
    earlier run stays; without that, a new one is drawn, because `nbgrader release_feedback` stops at a folder
    that has none.
    """
    folder = root / result.student / bundle.assignment
    written = []
    for name, text in html(bundle, result, marks).items():
        written.append(folder / f"{name}.html")
        write_atomically(written[-1], text)
    write_atomically(folder / TIMESTAMP, result.timestamp)
    told = secret.decode("ascii", "replace").strip()
    if _SECRET.fullmatch(told):
        write_atomically(folder / SECRET, told)
    elif not (folder / SECRET).is_file():
        write_atomically(folder / SECRET, secrets.token_hex(64))
    return written


def _tasks(notebook: Notebook, graded: NotebookResult, marks: Marks) -> list[Task]:
    """The notebook's cells under the author's headings; those of the bundle where nothing was graded."""
    hidden = _Hidden(notebook, graded)
    tasks: list[Task] = []
    for title, cell, result in _placed(notebook, graded):
        if not tasks or tasks[-1].title != title:
            tasks.append(Task(title))
        if cell is not None and cell.is_test:
            tasks[-1].tests.append(_test(cell, result, marks, hidden))
        elif cell is None or cell.is_answer:
            tasks[-1].answers.append(_answer(cell, result, marks, hidden))
        elif any(output.get("output_type") == "error" for output in result.outputs):
            # A cell of the author that does not run: the student should see why nothing after it works.
            tasks[-1].answers.append(_answer(cell, result, marks, hidden))
    for task in tasks:
        _advise(task)
    kept = [task for task in tasks if task.tests or task.answers]
    for number, task in enumerate(kept, 1):
        task.title, task.anchor = task.title or "Before the first task", f"task-{number}"
    return kept


def _placed(notebook: Notebook, graded: NotebookResult) -> Iterator[tuple[str, Cell | None, CellResult]]:
    """Each graded cell with its heading and the author's cell; None for a cell the student added."""
    headings = outline.sections(notebook)
    named = {cell.grade_id: index for index, cell in enumerate(notebook.cells) if cell.grade_id}
    plain: dict[tuple[str, str], list[int]] = {}
    for index, cell in enumerate(notebook.cells):
        if not cell.grade_id:
            plain.setdefault((cell.kind, cell.source.strip()), []).append(index)
    title = ""
    for result in graded.cells or [_blank(cell) for cell in notebook.cells]:
        same = plain.get((result.kind, result.source.strip()), [])
        position = named.get(result.grade_id) if result.grade_id else same.pop(0) if same else None
        if position is not None:
            title = headings[position]
        yield title, None if position is None else notebook.cells[position], result


def _blank(cell: Cell) -> CellResult:
    """A cell of a notebook that could not be graded."""
    score = 0.0 if cell.is_test else None
    return CellResult(cell.kind, cell.source, cell.grade_id, cell.points, score, UNGRADED, changed=False)


def _answer(cell: Cell | None, result: CellResult, marks: Marks, hidden: _Hidden) -> Answer:
    by_person = cell is not None and (cell.grade or cell.task)
    score = marks.scores.get(result.grade_id, result.score) if by_person else 0.0
    return Answer(
        kind="task" if cell is not None and cell.task else result.kind,
        source=result.source,
        changed=result.changed,
        outputs=[] if result.kind != "code" else list(_outputs(result.outputs, hidden)),
        points=cell.points if cell is not None and by_person else 0.0,
        score=score,
        comment=marks.comments.get(result.grade_id, ""),
        origin="added" if cell is None else "answer" if cell.is_answer else "author",
    )


def _test(cell: Cell, result: CellResult, marks: Marks, hidden: _Hidden) -> Test:
    score = marks.scores.get(cell.grade_id, result.score) or 0.0
    return Test(
        points=cell.points,
        score=score,
        message="" if score >= cell.points else _message(result, hidden),
        shown=visible(cell),
        more=bool(_kept(cell)),
        comment=marks.comments.get(cell.grade_id, ""),
    )


def visible(cell: Cell) -> str:
    """A cell's source as students have it; nothing when the markers of its hidden part do not match."""
    try:
        return "\n".join(split(cell.given, BEGIN_HIDDEN, END_HIDDEN).outside).strip("\n")
    except ValueError:
        return ""


def _message(result: CellResult, hidden: _Hidden) -> str:
    """Why points were lost: the message alone, never a traceback, which would quote the test."""
    text = result.message
    if not text:
        errors = [output for output in result.outputs if output.get("output_type") == "error"]
        text = f"{errors[0].get('ename', '')}: {errors[0].get('evalue', '')}" if errors else ""
    if _TRACEBACK.search(text):
        text = text.rstrip().rpartition("\n")[2]
    text = _RAISED.sub("", text.strip())
    return NEUTRAL if not text or hidden.shows(text) else text


def _advise(task: Task) -> None:
    """Says what to do where a test's own message is only that nothing is there yet."""
    for test in task.tests:
        if "NotImplementedError" in test.message:
            test.message = UNANSWERED if task.untouched else STILL_RAISES


def _outputs(outputs: Iterable[dict[str, Any]], hidden: _Hidden) -> Iterator[Output]:
    numbers = count(1)
    for output in outputs:
        kind, data = output.get("output_type"), output.get("data", {})
        if kind == "stream":
            label = "Written to stderr" if output.get("name") == "stderr" else ""
            yield _text(_joined(output.get("text", "")), hidden, label)
        elif kind == "error":
            told = "\n".join(output.get("traceback") or [])
            yield _text(told or f"{output.get('ename')}: {output.get('evalue')}", hidden, error=True)
        elif picture := _picture(data):
            yield Output(picture=picture, label=f"Figure {next(numbers)} that this cell drew")
        else:
            yield _text(_joined(data.get("text/plain", "")), hidden)


def _text(text: str, hidden: _Hidden, label: str = "", *, error: bool = False) -> Output:
    if hidden.shows(text):
        text = "(This output is left out: it repeats a test that stays hidden.)"
    if len(text) > _LONGEST_OUTPUT:
        text = f"{text[:_LONGEST_OUTPUT]}\n(The rest of this output is left out.)"
    return Output(text=text.rstrip("\n"), label=label, error=error)


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _picture(data: dict[str, Any]) -> str:
    """The address of a PNG or JPEG, encoded anew so that nothing else can be in it."""
    for mime, start in _PICTURES.items():
        try:
            content = base64.b64decode(_joined(data.get(mime, "")))
        except (binascii.Error, ValueError):
            continue
        if content.startswith(start):
            return f"data:{mime};base64,{base64.b64encode(content).decode()}"
    return ""


class _Hidden:
    """The lines of a notebook's hidden tests that neither the visible cells nor the student's own contain."""

    def __init__(self, notebook: Notebook, graded: NotebookResult) -> None:
        tests = {cell.grade_id for cell in notebook.cells if cell.is_test}
        known = {line.strip() for cell in notebook.cells for line in visible(cell).splitlines()}
        for result in graded.cells:
            if result.grade_id not in tests:
                known |= {line.strip() for line in result.source.splitlines()}
        lines = {line.strip() for cell in notebook.cells for line in _kept(cell)} - known
        telling = {line for line in lines if _telling(line)}
        self._lines = telling | {repr(line)[1:-1] for line in telling}

    def shows(self, text: str) -> bool:
        """Whether a text quotes one of them, as it is or within a string."""
        return any(line in text for line in self._lines)


def _kept(cell: Cell) -> list[str]:
    """The lines of a cell that students were not given."""
    shown = set(visible(cell).splitlines())
    return [line for line in cell.source.splitlines() if line not in shown and line.strip() not in _MARKERS]


@cache
def _telling(line: str) -> bool:
    return len(line) >= _TELLING_LENGTH and not trivial(normalised(line))
