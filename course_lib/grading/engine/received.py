"""When a submission was received, from a file that its student may have written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from nbgrader.utils import parse_utc

_BYTES = 100
# What nbgrader writes, and ISO 8601. A zone is a name, never a path: the library that reads it opens files.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?[+-]\d\d:?\d\d|Z| [A-Za-z]{1,20}(/[A-Za-z_]{1,30}){0,2})?"
)
_SKEW = timedelta(days=1)


def from_text(content: bytes) -> datetime | None:
    """The time that a timestamp file says, in UTC; None where it says none."""
    if len(content) > _BYTES:
        return None
    text = content.decode("ascii", "replace").strip()
    if not _TIME.fullmatch(text):
        return None
    try:
        # A blank before the offset makes nbgrader take -0200 for 200 seconds.
        return parse_utc(re.sub(r" (?=[+-])", "", text)).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def received(text: bytes | None, arrived: float, *, trust_text: bool = True) -> tuple[str, list[str]]:
    """When a submission was received (ISO 8601, UTC, or nothing), and what is odd about it.

    text: the content of its timestamp.txt, where there is one. arrived: when its newest file was written on
    this disk, seconds since the epoch. trust_text: whether the file's word counts, as for nbgrader; its
    student may have written it.
    """
    try:
        disk = datetime.fromtimestamp(arrived, UTC) if arrived > 0 else None
    except (ValueError, OverflowError, OSError):  # a file may carry any number
        disk = None
    own = disk.isoformat() if disk else ""
    if text is None or not trust_text:
        return ("" if trust_text else own), []
    said = from_text(text)
    if said is None:
        return own, ["timestamp.txt is not a time: the files' own time was taken"]
    if said > datetime.now(UTC) + _SKEW:
        return said.isoformat(), ["timestamp.txt says a time in the future"]
    if disk and said < disk - _SKEW:
        days = (disk - said).days
        return said.isoformat(), [f"timestamp.txt says a time {days} days before the files' own"]
    return said.isoformat(), []
