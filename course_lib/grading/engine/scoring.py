"""Points of one cell from what happened when it ran, by our rules (strict) or by nbgrader's own (compat)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from course_lib.grading.engine.model import Cell
from course_lib.grading.engine.runner import Ran

FAILED_CHECK = "a check of this test failed"
_MESSAGE_BYTES = 2000
# How NumPy 2 shows its numbers: np.float64(0.5).
_NUMPY_NUMBER = re.compile(r"np\.\w+\(([^()]*)\)")


class NoGrade(Exception):
    """nbgrader itself gives up on this cell; the message is its own."""


def strict(cell: Cell, ran: Ran) -> tuple[float, str]:
    """Points and message of a test that the judge ran.

    An exception gives 0. A number as the last value gives that many points, between 0 and those of the cell,
    and nothing when it is not a number at all (nan). Anything else gives full points.
    """
    if not ran.ok:
        return 0.0, message(ran)
    given = partial(ran.outputs)
    if given is None:
        return cell.points, ""
    if math.isnan(given):
        return 0.0, "the test computed no number of points: one of your results is not a number (nan)"
    score = min(max(given, 0.0), cell.points)
    return score, "" if score == cell.points else f"{score:g} of {cell.points:g} points"


def partial(outputs: Sequence[dict[str, Any]]) -> float | None:
    """The number that a cell's last value shows, if it shows one."""
    for output in outputs:
        if output["output_type"] == "execute_result":
            text = str(output["data"].get("text/plain", "")).strip()
            found = _NUMPY_NUMBER.fullmatch(text)
            try:
                return float(found[1] if found else text)
            except ValueError:
                return None
    return None


def message(ran: Ran) -> str:
    """Why a test failed, for the student: the assertion's or exception's own text, never the test's source."""
    text = ran.evalue.strip()
    if ran.ename == "AssertionError":
        return text[:_MESSAGE_BYTES] or FAILED_CHECK
    return (f"{ran.ename}: {text}" if text else ran.ename)[:_MESSAGE_BYTES]


def compat(cell: Cell, source: str, outputs: list[dict[str, Any]]) -> float | None:
    """Points by nbgrader's rule. Raises NoGrade where nbgrader stops grading the submission."""
    # Imported late: it costs a grading process 1.7 s, and strict mode does without.
    from nbformat import from_dict
    from nbgrader.utils import determine_grade

    try:
        points, _ = determine_grade(from_dict(_node(cell, source, outputs)))
    except (KeyError, ValueError) as error:
        raise NoGrade(f"{cell.grade_id}: {error.args[0] if error.args else error}") from error
    return None if points is None else float(points)


def _node(cell: Cell, source: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:
    """The cell as nbgrader sees it after execution."""
    flags = {
        "grade_id": cell.grade_id,
        "grade": cell.grade,
        "solution": cell.solution,
        "task": cell.task,
        "locked": cell.locked,
        "points": cell.points,
        "checksum": cell.checksum,
    }
    node: dict[str, Any] = {"cell_type": cell.kind, "source": source, "metadata": {"nbgrader": flags}}
    if cell.kind == "code":
        node["outputs"] = outputs
    return node
