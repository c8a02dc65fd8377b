"""The cell that lets a notebook run where the course is not installed, such as Colab."""

from __future__ import annotations

import copy
from pathlib import Path

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

SETUP_ID = "course-setup"
_SOURCE = """\
# Not in the course's own environment? Fetch its helper package; the frameworks must be installed already.
try:
    import course_lib
except ImportError:
    %pip install --quiet "course-lib @ git+{url}"\
"""


def with_setup(nb: NotebookNode, root: Path) -> NotebookNode:
    """A copy of a notebook with the set-up cell before its first code cell.

    The package comes from the repository that ``_config.yml`` names; without one the copy has no such cell.
    """
    result = copy.deepcopy(nb)
    url = repository_url(root)
    first = next((i for i, cell in enumerate(result.cells) if cell.cell_type == "code"), None)
    if url and first is not None:
        cell = new_code_cell(_SOURCE.format(url=url), id=SETUP_ID, metadata={"tags": ["remove-cell"]})
        result.cells.insert(first, cell)
    return result


def without_setup(nb: NotebookNode) -> NotebookNode:
    """A copy of a notebook as it was before :func:`with_setup`."""
    result = copy.deepcopy(nb)
    result.cells = [cell for cell in result.cells if cell.get("id") != SETUP_ID]
    return result


def repository_url(root: Path) -> str | None:
    """The address of the course's repository, from ``_config.yml``."""
    config = root / "_config.yml"
    if not config.is_file():
        return None
    settings = yaml.safe_load(config.read_text(encoding="utf8")) or {}
    return (settings.get("repository") or {}).get("url")
