"""Makes the notebooks that are run of a submission that may be anything: the author's, with its answers."""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import PathFinder

from course_lib.grading.engine.arranging import Notes, RebuiltCell, arrange
from course_lib.grading.engine.model import GRADED, REFUSED, Bundle, Notebook, Submission
from course_lib.grading.engine.paths import is_ignored, path_problem, shown
from course_lib.grading.engine.submitted import NotANotebook, read_cells

__all__ = ["Rebuilt", "RebuiltCell", "RebuiltNotebook", "rebuild"]

_START_UP = {"sitecustomize", "usercustomize"}
_NBGRADERS = {"submission_secret.txt"}
"""Files that `nbgrader submit` adds; for the feedback's address, not for the notebook."""
_SUFFIX = ".ipynb"
_CODE = (".py", ".pyc", ".so")


@dataclass
class RebuiltNotebook:
    """One notebook of a submission. When its status is `refused`, `reason` says why and there are no cells."""

    name: str
    status: str = GRADED
    reason: str = ""
    cells: list[RebuiltCell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Rebuilt:
    """A submission ready to be run: one notebook for each of the bundle's, in its order.

    files: the student's own files, by relative path, for the student's process only. When the status is
    `refused`, no notebook can be run.
    """

    notebooks: list[RebuiltNotebook]
    files: dict[str, bytes] = field(default_factory=dict)
    status: str = GRADED
    reason: str = ""
    notes: list[str] = field(default_factory=list)


def rebuild(bundle: Bundle, submission: Submission) -> Rebuilt:
    """The submission's answers in the bundle's notebooks. Never raises for anything a submission holds.

    Points, types, tests, order and metadata are the bundle's. What was repaired or left out is in `notes`.
    """
    notes = Notes()
    chosen = _chosen(bundle, submission)
    notebooks = [_notebook(bundle, notebook, submission, chosen) for notebook in bundle.notebooks]
    files = _files(bundle, submission, set(chosen.values()), notes)
    rebuilt = Rebuilt(notebooks, files, notes=[*submission.problems, *notes.lines])
    if all(notebook.status == REFUSED for notebook in notebooks):
        rebuilt.status = REFUSED
        rebuilt.reason = _reason(submission, notebooks)
    return rebuilt


def _reason(submission: Submission, notebooks: list[RebuiltNotebook]) -> str:
    if not submission.files:
        return submission.problems[0] if submission.problems else "nothing was handed in"
    return notebooks[0].reason if notebooks else "the assignment has no notebooks"


def _chosen(bundle: Bundle, submission: Submission) -> dict[str, str]:
    """The path of each notebook in the submission, by the notebook's name."""
    chosen = {n.name: n.name + _SUFFIX for n in bundle.notebooks if n.name + _SUFFIX in submission.files}
    others = [p for p in submission.files if p.endswith(_SUFFIX) and p not in chosen.values()]
    if len(bundle.notebooks) == 1 and not chosen and len(others) == 1:
        chosen[bundle.notebooks[0].name] = others[0]
    return chosen


def _notebook(
    bundle: Bundle, notebook: Notebook, submission: Submission, chosen: dict[str, str]
) -> RebuiltNotebook:
    path = chosen.get(notebook.name)
    file = notebook.name + _SUFFIX
    if path is None:
        others = [shown(p) for p in submission.files if p.endswith(_SUFFIX) and p not in chosen.values()]
        there = f"; there is {', '.join(others[:3])}" if others else ""
        return RebuiltNotebook(notebook.name, REFUSED, f"{file} was not handed in{there}")
    notes = Notes()
    if path != file:
        notes.add(f"{shown(path)} was taken as {file}")
    try:
        found = read_cells(submission.files[path])
    except NotANotebook as error:
        return RebuiltNotebook(notebook.name, REFUSED, f"{file}: {error}", notes=notes.lines)
    cells = arrange(notebook, found, bundle.extra_cells, notes)
    return RebuiltNotebook(notebook.name, cells=cells, notes=notes.lines)


def _files(bundle: Bundle, submission: Submission, notebooks: set[str], notes: Notes) -> dict[str, bytes]:
    """The student's other files that the assignment accepts and that cannot do harm by their names."""
    taken: dict[str, bytes] = {}
    room = bundle.limits.files_mb * 2**20
    for path in sorted(submission.files.keys() - notebooks - _NBGRADERS):
        content = submission.files[path]
        reason = path_problem(path) or _file_problem(bundle, path)
        if not reason and (len(taken) >= bundle.limits.files or len(content) > room):
            reason = "the submission has too many or too large files"
        if not reason and any(_one_is_the_others_folder(path, other) for other in (*bundle.files, *taken)):
            reason = "another file has its name"
        if reason:
            notes.add(f"{shown(path)} was not used: {reason}")
        else:
            taken[path] = content
            room -= len(content)
    return taken


def _one_is_the_others_folder(path: str, other: str) -> bool:
    return path.startswith(f"{other}/") or other.startswith(f"{path}/")


def _file_problem(bundle: Bundle, path: str) -> str:
    parts = path.split("/")
    module = parts[0].partition(".")[0]
    if any(is_ignored(part) for part in parts) or path.endswith((".pth", _SUFFIX)) or module in _START_UP:
        return "files of this kind are not taken"
    if not bundle.accepts_file(path):
        return "the assignment's own is used" if path in bundle.files else "the assignment takes no such file"
    if path.endswith(_CODE) and _is_installed(module):
        return f"it would hide the library {shown(module)}"
    return ""


@cache
def _is_installed(module: str) -> bool:
    """Whether a module of this name is Python's own or installed, found without importing anything."""
    if module in sys.stdlib_module_names or module == "course_lib":
        return True
    paths = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return PathFinder.find_spec(module, paths) is not None
