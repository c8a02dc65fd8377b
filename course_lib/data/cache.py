"""Where downloaded files live, and the check that each is the file it should be."""

from __future__ import annotations

import hashlib
import os
import sys
import urllib.request
from http.client import HTTPException
from pathlib import Path


class DataUnavailable(RuntimeError):
    """A dataset file is missing or damaged; the message is one line and says what to do instead."""


def cache_dir() -> Path:
    """The folder that holds downloaded data.

    ``$COURSE_DATA`` if it is set, else the platform's cache folder: ``~/Library/Caches/course-data`` on
    macOS, ``%LOCALAPPDATA%\\course-data`` on Windows, ``$XDG_CACHE_HOME/course-data`` or
    ``~/.cache/course-data`` elsewhere. The folder may not exist yet.
    """
    if chosen := os.environ.get("COURSE_DATA"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "course-data"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "course-data"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "course-data"


def cached_file(dataset: str, name: str, md5: str, *, url: str, download: bool, instead: str) -> Path:
    """The path of ``<cache>/<dataset>/<name>``, checked against its MD5 sum.

    With ``download`` a file that is not there is fetched from ``url`` first; a half-finished download never
    takes the file's place. ``instead`` names the embedded set that does the same job without a download.

    Raises :class:`DataUnavailable` when the file is missing, cannot be fetched, or has another checksum.
    """
    path = cache_dir() / dataset / name
    if not path.exists():
        if not download:
            raise DataUnavailable(
                f"{dataset}: {name} is missing; put it in {path.parent} (or set COURSE_DATA), or call "
                f"{dataset}(download=True) once with a connection, or use {instead}, which needs no download"
            )
        _fetch(url, path, md5, dataset, instead)
    found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataUnavailable(
            f"{dataset}: {path} is damaged (MD5 {found}, expected {md5}); delete it and fetch it again, "
            f"or use {instead}, which needs no download"
        )
    return path


def _fetch(url: str, path: Path, md5: str, dataset: str, instead: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    read = hashlib.md5(usedforsecurity=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with urllib.request.urlopen(url, timeout=30) as response, part.open("wb") as out:
            while block := response.read(1 << 20):
                out.write(block)
                read.update(block)
        # A connection that breaks off looks like the end of the file.
        if read.hexdigest() != md5:
            raise OSError(f"what came has MD5 {read.hexdigest()}, expected {md5}")
        part.replace(path)
    except (OSError, HTTPException) as error:
        part.unlink(missing_ok=True)
        raise DataUnavailable(
            f"{dataset}: could not fetch {url} ({error}); put {path.name} in {path.parent} by hand, "
            f"or use {instead}, which needs no download"
        ) from error
