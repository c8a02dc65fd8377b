"""Collects the files of one submission within bounds, from a folder or an archive that nobody trusts."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import islice

from course_lib.grading.engine.paths import DEPTH, is_ignored, path_problem, shown

_PROBLEMS = 20
_ENTRIES = 20_000
"""Names that are looked at in one folder."""
_MEMBER = b"PK\x01\x02"
"""Begins each entry of a zip archive's directory."""
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


class Unreadable(Exception):
    """A file that is not read; the text says why."""


@dataclass(frozen=True)
class Caps:
    """How much of one submission is read: bytes of one file and of all, and the number of files."""

    file_bytes: int = 32 * 2**20
    total_bytes: int = 64 * 2**20
    files: int = 1000


@dataclass
class Basket:
    """What was read. `newest` is when the newest file reached this disk, in seconds since the epoch."""

    caps: Caps = field(default_factory=Caps)
    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    newest: float = 0.0
    read: int = 0
    """Bytes, those that were not kept included."""
    full: bool = False

    def problem(self, path: str, reason: str) -> None:
        """Note that something was left out; a flood of notes is cut."""
        if len(self.problems) < _PROBLEMS:
            self.problems.append(f"{shown(path)} was left out: {reason}")
        elif len(self.problems) == _PROBLEMS:
            self.problems.append("more files were left out")

    def accepts(self, path: str) -> bool:
        """Whether there is room for another file of this path; notes why not."""
        if self.full:
            return False
        if len(self.files) >= self.caps.files or self.read >= self.caps.total_bytes:
            limit = f"{self.caps.files} files or {self.caps.total_bytes >> 20} MB"
            self.problem(path, f"the submission has more than {limit}; so were all files after it")
            self.full = True
            return False
        if reason := path_problem(path):
            self.problem(path, reason)
            return False
        parts = path.split("/")
        above = ["/".join(parts[:n]) for n in range(1, len(parts))]
        if path in self.files or any(folder in self.files for folder in above):
            self.problem(path, "another file has its name")
            return False
        return True

    def most(self) -> int:
        """How many bytes the next file may have."""
        return min(self.caps.file_bytes, self.caps.total_bytes - self.read)

    def add(self, path: str, content: bytes, most: int) -> None:
        """Keep a file, of which up to `most + 1` bytes were read, unless that is too large."""
        self.read += len(content)
        if len(content) > most:
            self.problem(
                path, f"larger than {self.caps.file_bytes >> 20} MB, or than what is left of the total"
            )
        elif any(other.startswith(f"{path}/") for other in self.files):
            self.problem(path, "another file has its name")
        else:
            self.files[path] = content


@contextmanager
def opened(name: str, within: int, *, folder: bool = False) -> Iterator[int]:
    """A descriptor of a regular file, or of a folder, in the open folder `within`. Raises Unreadable.

    Links are not followed, not even hard ones: a file with a second name may be anybody's.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    try:
        # Looked at before it is opened: opening a device may do something.
        _check(os.stat(name, dir_fd=within, follow_symlinks=False), folder)
        descriptor = os.open(name, flags | (os.O_DIRECTORY if folder else 0), dir_fd=within)
    except (OSError, ValueError) as error:
        raise Unreadable(f"it cannot be read ({getattr(error, 'strerror', None) or error})") from error
    try:
        _check(os.fstat(descriptor), folder)
        yield descriptor
    finally:
        os.close(descriptor)


def _check(status: os.stat_result, folder: bool) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise Unreadable("it is a link")
    if folder:
        if not stat.S_ISDIR(status.st_mode):
            raise Unreadable("it is not a folder")
    elif stat.S_ISDIR(status.st_mode):
        raise Unreadable("it is a folder")
    elif not stat.S_ISREG(status.st_mode):
        raise Unreadable("it is not a regular file")
    elif status.st_nlink > 1:
        raise Unreadable("it has another name on this disk (a hard link); put a copy in its place")


def content(name: str, within: int, most: int) -> tuple[bytes, float]:
    """Up to `most + 1` bytes of a regular file, and its time of change. Raises Unreadable."""
    with opened(name, within) as descriptor:
        changed = os.fstat(descriptor).st_mtime
        try:
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read(most + 1), changed
        except OSError as error:
            raise Unreadable(f"it cannot be read ({error.strerror})") from error


def names(folder: int) -> list[str]:
    """The names in an open folder, notebooks first, as many as anyone needs."""
    with os.scandir(folder) as entries:
        found = [entry.name for entry in islice(entries, _ENTRIES)]
    return sorted(found, key=lambda name: (not name.endswith(".ipynb"), name != "timestamp.txt", name))


def fill_from_folder(basket: Basket, folder: int, above: str = "") -> None:
    """Put the files below an open folder into a basket."""
    below = []
    for name in names(folder):
        if basket.full:
            return
        if is_ignored(name):
            continue
        path = above + name
        try:
            mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        except OSError as error:
            basket.problem(path, f"it cannot be read ({error.strerror})")
            continue
        if stat.S_ISDIR(mode) and not name.endswith(".ipynb"):
            below.append(name)
        elif basket.accepts(path):
            most = basket.most()
            try:
                data, changed = content(name, folder, most)
            except Unreadable as error:
                basket.problem(path, str(error))
                continue
            basket.newest = max(basket.newest, changed)
            basket.add(path, data, most)
    for name in below:
        path = above + name
        if path.count("/") >= DEPTH or not name.isprintable():
            basket.problem(path, path_problem(f"{path}/x") or "too deep")
            continue
        try:
            with opened(name, folder, folder=True) as inner:
                fill_from_folder(basket, inner, f"{path}/")
        except Unreadable as error:
            basket.problem(path, str(error))


def fill_from_zip(basket: Basket, archive: bytes) -> None:
    """Put the files of a zip archive into a basket. Raises Unreadable when it is not one."""
    # Counted before zipfile makes an object of each entry.
    if archive.count(_MEMBER) > 10 * basket.caps.files:
        raise Unreadable(f"more than {10 * basket.caps.files} files in it")
    try:
        with zipfile.ZipFile(BytesIO(archive)) as opened_archive:
            members = [m for m in opened_archive.infolist() if not m.is_dir()]
            members.sort(key=lambda m: (not m.filename.endswith(".ipynb"), m.filename != "timestamp.txt"))
            for member in members:
                if not any(
                    is_ignored(part) for part in member.filename.split("/") if part not in (".", "..")
                ):
                    _member(basket, opened_archive, member)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError, OSError) as error:
        raise Unreadable(f"it is not a zip archive that can be read ({error})") from error


def _member(basket: Basket, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    path, most = member.filename, basket.most()
    if not basket.accepts(path):
        return
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        basket.problem(path, "it is a link" if kind == stat.S_IFLNK else "it is not a regular file")
    elif member.flag_bits & 1:
        basket.problem(path, "it is encrypted")
    elif member.compress_type not in _METHODS:
        basket.problem(path, "it is packed in an unusual way; make the archive with another program")
    elif member.file_size > most:
        basket.problem(path, "it is too large")
    else:
        try:
            with archive.open(member) as file:
                basket.add(path, file.read(most + 1), most)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, NotImplementedError):
            basket.problem(path, "it is damaged")


def without_outer_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files as they are below the one folder, or folders, that an archive program packed around them."""
    while files and all("/" in path for path in files):
        outer = {path.partition("/")[0] for path in files}
        if len(outer) > 1:
            break
        files = {path.partition("/")[2]: data for path, data in files.items()}
    return files
