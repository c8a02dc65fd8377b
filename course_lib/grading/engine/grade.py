"""`grade`: one submission in, its result out; no file and no database is touched, and nothing is left running."""

from __future__ import annotations

import resource
import time

from course_lib.grading.engine import scoring
from course_lib.grading.engine.intake import Rebuilt, RebuiltCell, RebuiltNotebook, rebuild
from course_lib.grading.engine.kernel import Gone
from course_lib.grading.engine.model import (
    COMPAT,
    FAILED,
    GRADED,
    REFUSED,
    STRICT,
    Bundle,
    Cell,
    CellResult,
    NotebookResult,
    Result,
    Submission,
)
from course_lib.grading.engine.outputs import error
from course_lib.grading.engine.runner import Ran, Runner
from course_lib.kernels.client import Unavailable
from course_lib.kernels.sandbox import NAMESPACES

_LONGEST_REASON = 500
_ATTEMPTS = 4


def grade(bundle: Bundle, submission: Submission, mode: str = STRICT, level: str = NAMESPACES) -> Result:
    """Grade one submission.

    mode: "strict" judges the answers from a process that never runs the student's code; "compat" runs the
    tests beside it and scores by nbgrader's rules. level: of the sandbox, see `course_lib.kernels.sandbox`.

    Never raises for anything that a submission can do. Where the engine cannot finish, the result's status
    is "failed" and its reason says why in one line.
    """
    result = Result(
        student=submission.student,
        assignment=bundle.assignment,
        bundle=bundle.id,
        submission=submission.id,
        mode=mode,
        timestamp=submission.timestamp,
        notes=list(submission.problems),
    )
    started, used = time.monotonic(), _own_cpu()
    try:
        _grade(bundle, submission, result, level)
    except Exception as problem:
        result.status = FAILED
        result.reason = _line(problem)
    result.seconds = time.monotonic() - started
    result.cpu += _own_cpu() - used
    return result


def _grade(bundle: Bundle, submission: Submission, result: Result, level: str) -> None:
    rebuilt = rebuild(bundle, submission)
    result.notes = list(rebuilt.notes)  # the reader's are among them
    for notebook in rebuilt.notebooks:
        found = NotebookResult(notebook.name, notebook.status, notebook.reason, notes=list(notebook.notes))
        result.notebooks.append(found)
        if notebook.status == GRADED:
            _grade_notebook(bundle, rebuilt, notebook, found, result, level)
    _conclude(result)
    if rebuilt.status == REFUSED:
        result.reason = rebuilt.reason


def _conclude(result: Result) -> None:
    """A submission is as good as its best notebook, unless the engine failed on one."""
    states = {notebook.status: notebook.reason for notebook in reversed(result.notebooks)}
    for status in (FAILED, GRADED, REFUSED):
        if status in states:
            result.status, result.reason = status, states[status]
            return


def _grade_notebook(
    bundle: Bundle,
    rebuilt: Rebuilt,
    notebook: RebuiltNotebook,
    found: NotebookResult,
    result: Result,
    level: str,
) -> None:
    """Grade one notebook; again if a process of it was killed from outside, or could not be had.

    One that is killed at the same cells again is killed by what it does, however it does that.
    """
    own_notes = list(found.notes)
    killed: list[int] = []
    for _ in range(_ATTEMPTS):
        found.status, found.reason, found.notes = GRADED, "", list(own_notes)
        runner = Runner(bundle, notebook.cells, mode=result.mode, level=level, files=rebuilt.files)
        unfinished = _attempt(runner, notebook, found, result)
        if not unfinished and runner.killed in ([], killed):
            break
        killed = runner.killed


def _attempt(runner: Runner, notebook: RebuiltNotebook, found: NotebookResult, result: Result) -> bool:
    """Run and score a notebook; whether that was impossible for a reason that may pass."""
    try:
        with runner:
            found.cells = [
                _cell_result(cell, ran, result.mode)
                for cell, ran in zip(notebook.cells, runner.run(), strict=True)
            ]
    except scoring.NoGrade as problem:
        found.status, found.reason, found.cells = FAILED, f"nbgrader gives up: {_line(problem)}", []
    except (Gone, Unavailable) as problem:
        found.status, found.reason, found.cells = FAILED, _line(problem), []
        return True
    finally:
        result.cpu += runner.cpu
        result.own_cpu += runner.own_cpu
        result.memory_mb = max(result.memory_mb, runner.memory_mb)
        found.notes += runner.notes
    return False


def _cell_result(cell: RebuiltCell, ran: Ran | None, mode: str) -> CellResult:
    made = CellResult(cell.kind, cell.source, changed=cell.changed)
    if ran is not None:
        made.outputs = ran.outputs
        made.execution_count = ran.execution_count
        made.seconds, made.cpu = ran.seconds, ran.cpu
    if cell.cell is not None:
        made.grade_id = cell.cell.grade_id
        if cell.cell.grade:
            made.points = cell.cell.points
            _score(made, cell.cell, ran, mode)
    return made


def _score(made: CellResult, cell: Cell, ran: Ran | None, mode: str) -> None:
    if mode == COMPAT:
        made.score = scoring.compat(cell, made.source, made.outputs)
        if cell.is_test and ran is not None and not ran.ok:
            made.message = scoring.message(ran)
    elif cell.is_answer:
        made.score = None if made.changed else 0.0
    elif ran is not None:
        made.score, made.message = scoring.strict(cell, ran)
        if not ran.ok:
            # The traceback would quote the test.
            kept = [output for output in made.outputs if output["output_type"] != "error"]
            made.outputs = [*kept, error(ran.ename, made.message, [made.message])]


def _line(problem: BaseException) -> str:
    text = " ".join(str(problem).split()) or type(problem).__name__
    expected = isinstance(problem, (Gone, Unavailable, scoring.NoGrade))
    return (text if expected else f"the grader failed: {type(problem).__name__}: {text}")[:_LONGEST_REASON]


def _own_cpu() -> float:
    """CPU seconds of the calling thread: a cluster's worker has others."""
    used = resource.getrusage(resource.RUSAGE_THREAD)
    return used.ru_utime + used.ru_stime
