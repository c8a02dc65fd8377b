"""Read a text notebook (MyST Markdown) into cells with stable ids and known line numbers."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml
from jupytext.myst import MystMetadataParsingError, myst_to_notebook
from nbformat import NotebookNode

from course_lib.notebooks.errors import CourseError

_SCALAR_TAG = re.compile(r"^:?tags:\s*[^\s\[]")
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Source:
    """A text notebook: its cells, and the line of the file on which each cell's own text begins."""

    path: Path
    name: str  # the path as it appears in messages
    nb: NotebookNode
    lines: list[int] = field(repr=False)
    header: dict = field(repr=False)

    @property
    def slug(self) -> str:
        return self.path.stem

    def position(self, cell_id: str) -> int | None:
        """0-based index of the cell with this id."""
        return next((i for i, cell in enumerate(self.nb.cells) if cell.id == cell_id), None)


def tags(cell: NotebookNode) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))


def cell_ids(cells: list[NotebookNode]) -> list[str]:
    """Deterministic ids: a hash of kind and text; repeated cells get a running number."""
    seen: Counter[str] = Counter()
    ids = []
    for cell in cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] += 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return ids


def _first_line(cell: NotebookNode, start: int, lines: list[str]) -> int:
    """1-based line on which a cell's own text begins; ``start`` is jupytext's 0-based map entry."""
    body = cell.source.splitlines()
    if not body:
        return start + 1
    for offset in range(start, len(lines) - len(body) + 1):
        if [line.rstrip() for line in lines[offset : offset + len(body)]] == [line.rstrip() for line in body]:
            return offset + 1
    return start + 1


def read_source(path: Path, root: Path | None = None) -> Source:
    """Read a text notebook.

    ``root`` makes the path in messages relative.  A file that cannot be read as a notebook raises
    :class:`CourseError` with one line.
    """
    name = path.resolve().relative_to(root.resolve()).as_posix() if root else path.as_posix()
    try:
        text = path.read_text(encoding="utf8")
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{name}:1: not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8"
        ) from None
    try:
        nb = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, yaml.YAMLError) as error:
        message = " ".join(str(error).split())
        raise CourseError(f"{name}:1: {message}: mend the YAML") from None
    except nbformat.ValidationError as error:
        line = next((n for n, line in enumerate(text.splitlines(), 1) if _SCALAR_TAG.match(line)), 1)
        message = "tags must be a list: write [tag]" if line > 1 else " ".join(error.message.split())
        raise CourseError(f"{name}:{line}: {message}") from None
    starts = nb.metadata.pop("source_map")
    file_lines = text.splitlines()
    lines = [_first_line(cell, start, file_lines) for cell, start in zip(nb.cells, starts, strict=True)]
    header = dict(nb.metadata)
    for cell, cell_id in zip(nb.cells, cell_ids(nb.cells), strict=True):
        cell["id"] = cell_id
    nb.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": {"name": "python"}})
    nb.nbformat, nb.nbformat_minor = 4, 5
    return Source(path, name, nb, lines, header)
