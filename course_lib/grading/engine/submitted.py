"""Reads the bytes of a submitted notebook, and keeps of them only what could matter: the cells' sources."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

NOTEBOOK_BYTES = 20 * 2**20
CELLS = 2000
CELL_CHARACTERS = 200_000
ALL_CHARACTERS = 5_000_000

_CONTAINERS, _VALUES = 200_000, 2_000_000
"""How many lists and mappings, and how many values, are parsed: a small file could hold memory for millions."""
_KINDS = {"code": "code", "markdown": "markdown", "raw": "raw", "heading": "markdown", "html": "markdown"}
_NUMBER_DIGITS = 20


class NotANotebook(Exception):
    """Bytes that no cells can be read from; the text says why, in one line."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as it was handed in. `source` is None where it is none, or too long; `claims` what its metadata says."""

    kind: str
    source: str | None
    grade_id: str
    claims: dict[str, Any]


def read_cells(data: bytes) -> list[SubmittedCell]:
    """The cells of a notebook of format 3 or 4, in their order. Raises NotANotebook, and nothing else."""
    notebook = _parsed(data)
    if not isinstance(notebook, dict):
        raise NotANotebook("it is JSON, but not a notebook")
    cells = notebook.get("cells")
    if cells is None:
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list):
            raise NotANotebook(
                "it is JSON, but not a notebook of format 3 or 4; open it in Jupyter and save it"
            )
        inner = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        cells = [cell for some in inner if isinstance(some, list) for cell in some]
    if not isinstance(cells, list):
        raise NotANotebook("its cells are not a list")
    if len(cells) > CELLS:
        raise NotANotebook(f"it has more than {CELLS} cells")
    found = [read for cell in cells if (read := _cell(cell)) is not None]
    if sum(len(cell.source or "") for cell in found) > ALL_CHARACTERS:
        raise NotANotebook(f"its cells hold more than {ALL_CHARACTERS:,} characters")
    return found


def _parsed(data: bytes) -> Any:
    if not data.strip():
        raise NotANotebook("it is empty")
    if len(data) > NOTEBOOK_BYTES:
        raise NotANotebook(f"it is larger than {NOTEBOOK_BYTES >> 20} MB; clear its outputs")
    if data.count(b"[") + data.count(b"{") > _CONTAINERS or data.count(b",") > _VALUES:
        raise NotANotebook("it holds too many values; clear its outputs")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotANotebook(f"it is not UTF-8 text (byte {error.start})") from error
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError as error:
        raise NotANotebook("it is nested too deeply") from error
    except ValueError as error:
        line = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise NotANotebook(f"it is not valid JSON{line}: is it a notebook, saved completely?") from error


def _integer(digits: str) -> int:
    return int(digits) if len(digits) < _NUMBER_DIGITS else 0


def _cell(cell: Any) -> SubmittedCell | None:
    if not isinstance(cell, dict):
        return None
    kind = cell.get("cell_type")
    if not isinstance(kind, str) or kind not in _KINDS:
        return None
    metadata = cell.get("metadata")
    claims = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    claims = claims if isinstance(claims, dict) else {}
    grade_id = claims.get("grade_id")
    source = _text(cell.get("source", cell.get("input", "")))
    return SubmittedCell(_KINDS[kind], source, grade_id if isinstance(grade_id, str) else "", claims)


def _text(source: Any) -> str | None:
    if isinstance(source, list):
        if not all(isinstance(line, str) for line in source):
            return None
        source = "".join(source)
    if not isinstance(source, str) or len(source) > CELL_CHARACTERS:
        return None
    # What no text file can hold would stop the gradebook or the wire later on.
    return source.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
