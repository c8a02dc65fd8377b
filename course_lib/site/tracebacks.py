"""Tracebacks as a reader needs them: the lines of the chapter and the message, not the insides of a library.

An error deep in a framework prints dozens of frames with the paths of the machine that ran it. The site shows how
many there were, and of which packages.
"""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

_FRAME = re.compile(r"File (?P<path>.+?):\d+, in ")
_PACKAGE = re.compile(r"(?:site|dist)-packages[/\\](\w+)")


class ShortenTracebacks(SphinxTransform):
    """Leave out the frames of libraries in every shown traceback."""

    default_priority = 300

    def apply(self, **kwargs: Any) -> None:
        """Rewrite the blocks that MyST-NB made."""
        root = Path(self.env.srcdir)
        for block in self.document.findall(nodes.literal_block):
            if "traceback" in block["classes"]:
                text = shortened(block.astext(), root)
                block.rawsource = text
                block.children = [nodes.Text(text)]
                block.children[0].parent = block


def shortened(text: str, root: Path) -> str:
    """A traceback of IPython, as plain text, without the frames of files outside the folder `root`.

    Frames are parted by blank lines; files below `root` are named from there.
    """
    parts: list[str] = []
    for of_libraries, frames in groupby(text.split("\n\n"), lambda frame: _library(frame, root) != ""):
        found = list(frames)
        if not of_libraries:
            parts += [frame.replace(f"File {root}/", "File ", 1) for frame in found]
            continue
        names = list(dict.fromkeys(_library(frame, root) for frame in found))
        said = "1 frame" if len(found) == 1 else f"{len(found)} frames"
        parts.append(f"[... {said} in {_listed(names)} ...]")
    return "\n\n".join(parts)


def _library(frame: str, root: Path) -> str:
    """The package that a frame is in; nothing for what belongs to the course, and for what is no frame."""
    match = _FRAME.match(frame)
    if match is None:
        return ""
    path = match["path"]
    if package := _PACKAGE.search(path):
        return package[1]
    return "" if Path(path).is_relative_to(root) else "Python"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
