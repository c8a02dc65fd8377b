"""What has been graded, kept in files that survive a crash at any moment.

`results/<assignment>/<student>.json` holds the result of one submission with the key it was graded under;
`<student>.done` beside it names the result that was last written to the gradebook and the student's folders.
A file is replaced in one step or not at all, so a reader sees the old or the new one.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from course_lib.grading.engine.model import VERSION, Bundle, Result, Submission
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.files import write_atomically

FOLDER = "results"
_LOCK = ".lock"
_LONGEST_NAME = 200
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class JournalError(CourseError):
    """The output folder cannot be used as it is."""


class NoRoom(CourseError):
    """The disk is full; nothing that was written before is lost."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"no room left for {folder}: free some and run the same command again; what is graded is kept",
            code=1,
        )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns what the system says about a full or read-only disk into one line."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoom(folder) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR, errno.EIO):
            raise JournalError(f"{folder} cannot be written: {error.strerror}", code=1) from error
        raise


def key(bundle: Bundle, submission: Submission, mode: str) -> dict[str, Any]:
    """What a result depends on: while this is the same, the submission need not be graded again."""
    return {
        "bundle": bundle.id,
        "submission": submission.id,
        "timestamp": submission.timestamp,
        "problems": list(submission.problems),
        "mode": mode,
        "version": VERSION,
    }


def file_name(student: str) -> str:
    """A file name, without suffix, for any student id: no path, no surprise, one per student."""
    name = quote(student, safe=" @+,=", errors="surrogatepass")
    if name.startswith("."):
        name = "%2E" + name[1:]
    if len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[: _LONGEST_NAME - 33]}-{digest[:32]}"
    return name


@dataclass(frozen=True)
class Entry:
    """A result, the key it was graded under, and a stamp of this one grading."""

    result: Result
    key: dict[str, Any]
    stamp: str


class Journal:
    """The results of one assignment below an output folder, for one coordinator at a time.

    A context manager: entering takes the folder (JournalError when another process has it) and clears what a
    killed one left half-written.
    """

    def __init__(self, out: Path, assignment: str) -> None:
        self.out = out
        self.folder = out / FOLDER / assignment
        self._lock: int | None = None

    def __enter__(self) -> Journal:
        with writing(self.out):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.__exit__(None, None, None)
            raise JournalError(f"{self.folder} is being written by another 'course grade'") from None
        for left in self.folder.glob(".*"):
            if left.name != _LOCK:
                left.unlink()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def path(self, student: str) -> Path:
        """Where a student's result is, or would be."""
        return self.folder / f"{file_name(student)}.json"

    def find(self, student: str, under: dict[str, Any]) -> Entry | None:
        """The student's entry if the submission was graded under this key."""
        entry = _read(self.path(student))
        return entry if entry and entry.key == under else None

    def results(self) -> Iterator[Result]:
        """All results, by file name; entries that cannot be read are left out."""
        for path in sorted(self.folder.glob("*.json")):
            entry = _read(path)
            if entry:
                yield entry.result

    def store(self, result: Result, under: dict[str, Any]) -> Entry:
        """Keep a result. Raises NoRoom, JournalError."""
        entry = Entry(result, under, uuid.uuid4().hex)
        data = {"key": under, "stamp": entry.stamp, "result": result.to_json()}
        with writing(self.out):
            write_atomically(self.path(result.student), json.dumps(data), durable=True)
        return entry

    def is_done(self, entry: Entry, target: str) -> bool:
        """Whether this very result was written to `target` (the address of a gradebook)."""
        try:
            return self._mark(entry).read_text(encoding="utf-8") == _digest(entry, target)
        except (OSError, UnicodeDecodeError):
            return False

    def done(self, entry: Entry, target: str) -> None:
        """Note that the result has been written to `target`. Raises NoRoom, JournalError."""
        with writing(self.out):
            write_atomically(self._mark(entry), _digest(entry, target))

    def _mark(self, entry: Entry) -> Path:
        return self.path(entry.result.student).with_suffix(".done")


def _read(path: Path) -> Entry | None:
    """An entry, or None: a damaged or outdated one only means that the submission is graded again."""
    try:
        data = json.loads(path.read_bytes())
        return Entry(Result.from_json(data["result"]), data["key"], data["stamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(entry: Entry, target: str) -> str:
    """A digest, because the address of a gradebook may hold a password."""
    return hashlib.sha256(f"{entry.stamp} {target}".encode()).hexdigest()
