"""Text hygiene: line ends, final newlines, tabs, merge marks and machine paths, in the files git tracks."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

MERGE_MARK = re.compile(r"^(<{7}|>{7}) ", re.M)
# A path of somebody's machine tells a reader nothing and breaks everywhere else.
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:home|root|Users|work|tmp)/[\w.-]+")
# Third-party files stay as they came; pictures are not text.
EXEMPT = re.compile(r"static/vendor/|\.(png|svg|ico|woff2?|gz|parquet)$|^tests/(test_)?hygiene\.py$")
TABS_ALLOWED = re.compile(r"(^|/)Makefile$|\.ipynb$|\.js$")


def complaints(path: str, text: str) -> list[str]:
    """What is wrong with one file, one line each."""
    found = []
    if "\r" in text:
        found.append(f"{path}: has carriage returns: save it with Unix line ends")
    if text and not text.endswith("\n"):
        found.append(f"{path}: has no newline at its end")
    if MERGE_MARK.search(text):
        found.append(f"{path}: has a merge mark")
    for number, line in enumerate(text.split("\n"), start=1):
        if line != line.rstrip():
            found.append(f"{path}:{number}: blanks at the end of the line")
        if "\t" in line and not TABS_ALLOWED.search(path):
            found.append(f"{path}:{number}: has a tab: use blanks")
        if MACHINE_PATH.search(line):
            found.append(f"{path}:{number}: names a path of one machine")
    return found


def check(paths: Iterable[str]) -> list[str]:
    """The complaints of all ``paths`` that are text and not exempt."""
    found = []
    for path in paths:
        if EXEMPT.search(path) or not Path(path).is_file():
            continue
        try:
            found += complaints(path, Path(path).read_bytes().decode("utf-8"))
        except UnicodeDecodeError:
            found.append(f"{path}: is not UTF-8")
    return found


def tracked() -> list[str]:
    """The files git tracks, relative to the working directory."""
    listing = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout
    return [name for name in listing.split("\0") if name]


if __name__ == "__main__":
    problems = check(sys.argv[1:] or tracked())
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
