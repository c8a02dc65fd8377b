"""What nbgrader makes of an instructor's notebook, made by nbgrader's own steps but without files or a database."""

from __future__ import annotations

import copy
import logging
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import (
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    IncludeHeaderFooter,
    NbGraderPreprocessor,
)
from traitlets.config import Config

from course_lib.notebooks.errors import CourseError

_SILENT = logging.Logger("nbgrader, whose errors are reported by their exceptions", logging.CRITICAL)


class NotGenerated(CourseError):
    """A source that nbgrader cannot turn into an assignment."""


def with_header(where: str, notebook: NotebookNode, config: Config, root: Path) -> NotebookNode:
    """A copy with the cells of the configured header and footer. `where` names the notebook in messages."""
    step = IncludeHeaderFooter(config=config, log=_SILENT)
    step.header, step.footer = (str(root / name) if name else "" for name in (step.header, step.footer))
    return _after(where, notebook, [step])


def saved(where: str, notebook: NotebookNode, config: Config) -> NotebookNode:
    """The notebook as nbgrader's gradebook holds it: answers cleared, hidden tests still there, checksums of that.

    Raises NotGenerated.
    """
    steps = [ClearSolutions, ClearOutput, ComputeChecksums]
    return _after(where, notebook, [step(config=config, log=_SILENT) for step in steps])


def released(where: str, notebook: NotebookNode, config: Config) -> NotebookNode:
    """What students get of a `saved` notebook: without hidden tests and marking schemes. Raises NotGenerated."""
    steps = [ClearHiddenTests, ClearMarkScheme]
    return _after(where, notebook, [step(config=config, log=_SILENT) for step in steps])


def _after(where: str, notebook: NotebookNode, steps: list[NbGraderPreprocessor]) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    for step in steps:
        try:
            notebook, _ = step(notebook, {})
        except Exception as error:  # RuntimeError, ValueError, and what the header's reader raises
            reason = " ".join(str(error).split()) or type(error).__name__
            raise NotGenerated(f"{where}: nbgrader cannot make the student version: {reason}") from error
    return notebook


def is_known(cell: NotebookNode) -> bool:
    """Whether nbgrader keeps the cell in its gradebook."""
    return any(is_(cell) for is_ in (utils.is_grade, utils.is_solution, utils.is_locked, utils.is_task))


def upgraded(where: str, text: str) -> NotebookNode:
    """A notebook with nbgrader's metadata checked. Raises NotGenerated, one line, for what is not one."""
    from nbgrader.nbgraderformat import MetadataValidator

    try:
        notebook = nbformat.reads(text, as_version=4)
        MetadataValidator().upgrade_notebook_metadata(notebook)
        MetadataValidator().validate_nb(notebook)
    except Exception as error:  # nbformat, jsonschema and nbgrader each have their own
        reason = " ".join(str(getattr(error, "message", error)).split()) or type(error).__name__
        raise NotGenerated(f"{where}: not a notebook that nbgrader can use: {reason[:300]}") from error
    return notebook
