"""Names that come from a submission: which are sane, and how to show one that may not be."""

from __future__ import annotations

import re
import unicodedata
from itertools import islice

DEPTH = 8
"""Folders that a path may go down."""

_PATH_BYTES, _PART_BYTES, _ID_CHARACTERS = 1000, 200, 100
_STUDENT = re.compile(r"\w[\w.@+ ,'~-]*")
_SHOWN = 60


def shown(name: str) -> str:
    """A name in quotes for a message: one short line without control characters."""
    text = "".join(c if c.isprintable() else "?" for c in islice(name, _SHOWN + 1))
    return f"'{text[:_SHOWN]}…'" if len(text) > _SHOWN else f"'{text}'"


def path_problem(path: str) -> str:
    """Why a relative path with forward slashes is not taken; nothing where it is."""
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "an absolute path"
    if "\\" in path:
        return "a backslash in its name"
    if not path.isprintable():
        return "control characters in its name"
    parts = path.split("/")
    if ".." in parts:
        return "a path that leaves its folder"
    if "" in parts or "." in parts:
        return "an empty part in its path"
    if len(parts) > DEPTH + 1:
        return f"more than {DEPTH} folders deep"
    if len(path.encode()) > _PATH_BYTES or any(len(part.encode()) > _PART_BYTES for part in parts):
        return "a name that is too long"
    return ""


def student_problem(student: str) -> str:
    """Why a name is not taken as a student's; nothing where it is.

    What is refused would be a path, a glob, a spreadsheet formula or a second spelling of another name.
    """
    if not student or len(student) > _ID_CHARACTERS:
        return f"a student's name has 1 to {_ID_CHARACTERS} characters"
    if not _STUDENT.fullmatch(student):
        return (
            "a student's name begins with a letter or digit, and goes on with these and . @ + - ~ ' , space"
        )
    if student[-1] in " ." or student != unicodedata.normalize("NFKC", student):
        return "a student's name has no blank or full stop at its end and no look-alike characters"
    return ""


def is_ignored(name: str) -> bool:
    """Whether a file or folder is left by an editor or an operating system, and of no use to anyone."""
    return name in {"__pycache__", "__MACOSX", "Thumbs.db"} or name.startswith(".")
