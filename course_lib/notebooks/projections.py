"""One chapter, three notebooks: both frameworks, PyTorch only, Keras only."""

from __future__ import annotations

import copy

from nbformat import NotebookNode

from course_lib.notebooks.environment import FRAMEWORKS
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.source import tags

_DROPPED = {"both": set(), "pytorch": {"keras", "parity"}, "keras": {"pytorch", "parity"}}


def project(nb: NotebookNode, framework: str) -> NotebookNode:
    """A copy of a notebook for one framework.

    ``framework`` is ``"both"``, ``"pytorch"`` or ``"keras"``.  A projection drops the other framework's
    cells and those tagged ``parity``; ids, tags and outputs of the rest stay as they are.
    """
    if framework not in _DROPPED:
        raise CourseError(f"framework {framework!r} is unknown: use one of {', '.join(FRAMEWORKS)}")
    result = copy.deepcopy(nb)
    dropped = _DROPPED[framework]
    result.cells = [cell for cell in result.cells if not dropped & set(tags(cell))]
    return result
