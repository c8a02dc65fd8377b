"""Makes the outputs of student code fit to be stored in a notebook and shown in a grader's browser.

Only text and raster pictures stay. What is kept is built anew from checked parts: nothing that a student's
process sent is passed on as it came.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

TEXT = "text/plain"
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
"""Kinds of shown data that are kept beside text, and how their content begins."""

IMAGE_BYTES = 2_000_000
"""All pictures of one cell together, as base64."""

OUTPUTS = 1000
"""Most outputs of one cell."""

_SHORT = 200
_ERROR_BYTES = 24_000
_PIXELS = 1 << 26
_CUT = "\n[output cut]\n"

# Terminal sequences: control sequences, operating system commands, two-byte escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n|$)")
# Control characters but tab and newline; marks that reorder text; halves of characters.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """`text` without terminal sequences."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def readable(text: str) -> str:
    """`text` as a person would have seen it: no escapes, overwritten lines or control characters."""
    text = plain(text)
    if "\r" in text:
        text = _OVERWRITTEN.sub("", text)
    return _UNSEEN.sub("", text)


def sanitise(outputs: Any, limit: int) -> list[dict[str, Any]]:
    """What of `outputs`, as a student's process reported them, may be kept. Never raises.

    limit: bytes of text in all, those of error messages not included.
    """
    kept: list[dict[str, Any]] = []
    text = images = 0
    for output in outputs[:OUTPUTS] if isinstance(outputs, list) else []:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            shown = _text(output.get("text"), limit - text)
            text += len(shown)
            if shown:
                kept.append({"output_type": "stream", "name": name, "text": shown})
        elif kind == "error":
            kept.append(_error(output))
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            data = dict(_pictures(output["data"], IMAGE_BYTES - images))
            images += sum(map(len, data.values()))
            shown = _text(output["data"].get(TEXT), limit - text)
            text += len(shown)
            if shown:
                data[TEXT] = shown
            if data:
                kept.append(_shown(kind, data, output.get("execution_count")))
    return kept


def error(ename: str, evalue: str, traceback: list[str] | None = None) -> dict[str, Any]:
    """An error output of our own making."""
    lines = [f"{ename}: {evalue}"] if traceback is None else traceback
    return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": lines}


def _text(value: Any, room: int) -> str:
    if not isinstance(value, str):
        return ""
    # The sender has cut it already, at the same limit and with a line that says so.
    if len(value) > room + 4 * len(_CUT):
        value = value[: max(room, 0)] + _CUT if room > 0 else ""
    return readable(value)


def _error(output: dict[str, Any]) -> dict[str, Any]:
    lines = output.get("traceback")
    traceback = "\n".join(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""
    return error(
        readable(str(output.get("ename", "")))[:_SHORT],
        readable(str(output.get("evalue", "")))[:_ERROR_BYTES],
        readable(traceback[:_ERROR_BYTES]).split("\n"),
    )


def _shown(kind: str, data: dict[str, str], count: Any) -> dict[str, Any]:
    output: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
    if kind == "execute_result":
        output["execution_count"] = count if isinstance(count, int) and 0 <= count < 1 << 31 else None
    return output


def _pictures(data: dict[str, Any], room: int) -> Iterator[tuple[str, str]]:
    for kind, beginning in PICTURES.items():
        value = data.get(kind)
        if not isinstance(value, str) or len(value) > room:
            continue
        value = "".join(value.split())
        try:
            content = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            continue
        if content.startswith(beginning) and (kind != "image/png" or _pixels(content) <= _PIXELS):
            room -= len(value)
            yield kind, value


def _pixels(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big") * int.from_bytes(png[20:24], "big")
