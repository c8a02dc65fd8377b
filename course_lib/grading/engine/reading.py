"""Reads a class's submissions from a folder in which anything may lie.

Three layouts, which may be mixed: nbgrader's `<student>/<assignment>/…`, folders `<student>/…` with notebooks
in them, and files `<student>.ipynb` or `<student>.zip`. Who handed in what is said by these names alone.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.grading.engine import basket as baskets
from course_lib.grading.engine.basket import Basket, Caps, Unreadable
from course_lib.grading.engine.model import Submission
from course_lib.grading.engine.paths import path_problem, shown, student_problem
from course_lib.grading.engine.received import received
from course_lib.notebooks.errors import CourseError

_TIMESTAMP = "timestamp.txt"
_NOTEBOOK, _ZIP = ".ipynb", ".zip"
_OTHER_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".7z", ".rar")


class SubmissionsError(CourseError):
    """A folder of submissions that cannot be used at all."""


def read_submissions(
    folder: Path,
    assignment: str,
    *,
    students: Collection[str] = (),
    trust_timestamps: bool = True,
    caps: Caps | None = None,
) -> Iterator[Submission]:
    """The submissions of an assignment, one per student, by name.

    students: only these. trust_timestamps: take the time of timestamp.txt, as nbgrader does, rather than that
    of the files. A submission that cannot be taken is one without files whose `problems` say why. Raises
    SubmissionsError when there is no such folder; nothing in it raises.
    """
    with _opened(folder, assignment) as top:
        for student, entries in sorted(_entries(top, assignment).items()):
            if not students or student in students:
                yield _submission(top, student, entries, assignment, trust_timestamps, caps or Caps())


def students_in(folder: Path, assignment: str) -> list[str]:
    """Who handed something in, read from the names in the folder alone. Raises SubmissionsError."""
    with _opened(folder, assignment) as top:
        return sorted(_entries(top, assignment))


@contextmanager
def _opened(folder: Path, assignment: str) -> Iterator[int]:
    if path_problem(assignment) or "/" in assignment:
        raise SubmissionsError(f"{shown(assignment)} is not the name of an assignment")
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SubmissionsError(f"{folder}: the submissions cannot be read: {error.strerror}") from error
    try:
        yield top
    finally:
        os.close(top)


def _entries(top: int, assignment: str) -> dict[str, list[str]]:
    """The names in the folder that are submissions, by student."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    with os.scandir(top) as entries:
        listed = sorted(entry.name for entry in entries)
    for name in listed:
        if not name.startswith(".") and (student := _student(top, name, assignment)) is not None:
            found[student].append(name)
    return found


def _student(top: int, name: str, assignment: str) -> str | None:
    """Whose submission an entry is; None where it is none, or no longer there."""
    try:
        mode = os.stat(name, dir_fd=top, follow_symlinks=False).st_mode
    except OSError:
        return None
    lower = name.lower()
    for suffix in (_NOTEBOOK, _ZIP, *_OTHER_ARCHIVES):
        if lower.endswith(suffix) and not stat.S_ISDIR(mode):
            return name[: -len(suffix)]
    if stat.S_ISLNK(mode):
        return name
    return name if stat.S_ISDIR(mode) and _place(top, name, assignment) is not None else None


def _place(top: int, name: str, assignment: str) -> str | None:
    """Where in a student's folder the submission is: the assignment's folder, `.`, or nowhere."""
    try:
        with baskets.opened(name, top, folder=True) as student:
            try:
                os.stat(assignment, dir_fd=student, follow_symlinks=False)
                return assignment
            except FileNotFoundError:
                return "." if any(n.endswith(_NOTEBOOK) for n in baskets.names(student)) else None
    except (Unreadable, OSError):
        return assignment  # reading it says what is wrong


def _submission(
    top: int, student: str, entries: list[str], assignment: str, trust: bool, caps: Caps
) -> Submission:
    if reason := student_problem(student):
        digest = hashlib.sha256(os.fsencode(student)).hexdigest()[:8]
        return Submission(f"refused~{digest}", {}, problems=(f"{shown(student)} was refused: {reason}",))
    if len(entries) > 1:
        both = " and ".join(shown(name) for name in entries[:3])
        return Submission(student, {}, problems=(f"more than one submission: {both}; keep one",))
    basket = Basket(caps)
    try:
        _fill(basket, top, entries[0], assignment)
    except (Unreadable, OSError) as error:
        return Submission(student, {}, problems=(f"{shown(entries[0])} was refused: {error}",))
    time, odd = received(basket.files.pop(_TIMESTAMP, None), basket.newest, trust_text=trust)
    return Submission(student, basket.files, time, (*basket.problems, *odd))


def _fill(basket: Basket, top: int, name: str, assignment: str) -> None:
    lower = name.lower()
    mode = os.stat(name, dir_fd=top, follow_symlinks=False).st_mode
    if stat.S_ISDIR(mode):
        with baskets.opened(name, top, folder=True) as student:
            place = _place(top, name, assignment) or "."
            with baskets.opened(place, student, folder=True) as folder:
                baskets.fill_from_folder(basket, folder)
        return
    if lower.endswith(_OTHER_ARCHIVES):
        raise Unreadable("archives other than .zip are not read")
    data, basket.newest = baskets.content(name, top, basket.caps.total_bytes)
    if len(data) > basket.caps.total_bytes:
        raise Unreadable(f"it is larger than {basket.caps.total_bytes >> 20} MB")
    if lower.endswith(_ZIP):
        baskets.fill_from_zip(basket, data)
        basket.files = baskets.without_outer_folder(basket.files)
    else:
        basket.add(f"{assignment}{_NOTEBOOK}", data, basket.most())
