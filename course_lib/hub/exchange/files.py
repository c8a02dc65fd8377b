"""A folder as a mapping of paths to contents, and back; the paths come from other people."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import stat
import uuid
from fnmatch import fnmatch
from pathlib import Path

from course_lib.notebooks.errors import CourseError

Files = dict[str, bytes]  # content by path relative to the folder, with forward slashes

_LONGEST = 255  # bytes of a file's name


def check_path(path: str) -> str:
    """The path, if a file may have it in a folder of ours; raises CourseError where it leads out or cannot be."""
    parts = path.split("/")
    if any(part in ("", ".", "..") or len(part.encode("utf-8", "replace")) > _LONGEST for part in parts):
        raise CourseError(f"{path[:80]!r} is not a path of a file in a folder")
    if not path.isprintable() or "\\" in path:
        raise CourseError(f"{path[:80]!r} is not a path that every system can have")
    return path


def check_name(name: str, what: str) -> str:
    """The name of a person, a course or an assignment, if a folder may be called so; else raises CourseError."""
    if "/" in name or "*" in name or name.startswith("."):
        raise CourseError(f"{name[:80]!r} cannot be the name of {what}")
    return check_path(name)


def read_folder(
    folder: Path,
    *,
    ignore: list[str],
    include: list[str],
    file_bytes: int,
    folder_bytes: int,
    log: logging.Logger,
) -> Files:
    """The files of a folder that is handed in or released; links to folders are not followed.

    ignore, include: patterns of names, as `CourseDirectory.ignore` and `.include`. file_bytes: a larger file is
    left out with a warning, as nbgrader does; a larger notebook raises CourseError. folder_bytes: more in all
    raises CourseError.
    """
    files: Files = {}
    total = 0
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _matches(name, ignore))
        for name in sorted(names):
            path = Path(top, name)
            where = path.relative_to(folder).as_posix()
            if _matches(name, ignore) or (include and not _matches(name, include)):
                log.debug("Left out: %s", where)
                continue
            try:
                status = path.stat()
            except OSError:  # a link to nothing
                log.warning("Left out, because it cannot be read: %s", where)
                continue
            if not stat.S_ISREG(status.st_mode):
                log.warning("Left out, because it is not a file: %s", where)
                continue
            if status.st_size > file_bytes:
                line = f"{where} has {status.st_size / 1e6:.1f} MB, and a file may have {file_bytes / 1e6:.1f} MB"
                if path.suffix == ".ipynb":
                    raise CourseError(f"{line}: clear its outputs, save it, and try again")
                log.warning("Left out: %s", line)
                continue
            total += status.st_size
            if total > folder_bytes:
                raise CourseError(
                    f"{folder.name} has more than the {folder_bytes / 1e6:.1f} MB that a folder may have: remove "
                    "large files that the assignment does not ask for, and try again"
                )
            files[check_path(where)] = path.read_bytes()
    return files


def checksum(path: Path) -> str | None:
    """MD5 of a file, as ngshare has it; None where there is no such file."""
    try:
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    except OSError:
        return None


def write_folder(folder: Path, files: Files) -> None:
    """Put a folder with these files, and no others, in the place of what is there: all of it or nothing."""
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file: move it away, and try again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name[:100]}.{uuid.uuid4().hex}")
    old = new.with_name(f"{new.name}.old")
    try:
        new.mkdir()
        fill_folder(new, files)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def fill_folder(folder: Path, files: Files) -> None:
    """Write files into a folder."""
    for path, content in files.items():
        target = folder / check_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
