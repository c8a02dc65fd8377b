"""Tell text notebooks from plain pages, by their YAML header alone."""

from __future__ import annotations

from pathlib import Path

import yaml


def front_matter(text: str) -> dict:
    """The YAML header of a Markdown file as a dict; empty when there is none or it cannot be read."""
    lines = text.splitlines()
    if not lines or lines[0].rstrip() != "---":
        return {}
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() in ("---", "...")), None)
    if end is None:
        return {}
    try:
        header = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError:
        return {}
    return header if isinstance(header, dict) else {}


def is_notebook_text(path: Path) -> bool:
    """Whether a Markdown file is a notebook: its header names jupytext's ``myst`` format."""
    header = front_matter(path.read_text(encoding="utf8"))
    jupytext = header.get("jupytext")
    representation = jupytext.get("text_representation") if isinstance(jupytext, dict) else None
    return isinstance(representation, dict) and representation.get("format_name") == "myst"
