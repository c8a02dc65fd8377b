"""Executed notebooks: the key that says whether one is fresh, where it lies, and the site's copy of it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

from course_lib.notebooks.files import read_notebook
from course_lib.notebooks.layout import Project
from course_lib.notebooks.source import Source, tags

CHAPTER_FACING = ("data", "from_scratch", "pytorch", "keras", "parity", "plots", "claims", "display.py")
_FORMAT = 1  # raise it when executed notebooks change shape
_EFFECTIVE_TAGS = ("parameters", "raises-exception")


def library_hash(library: Path) -> str:
    """A hash of what chapters can import from ``course_lib``: every file but compiled ones."""
    digest = hashlib.sha256()
    for part in CHAPTER_FACING:
        top = library / part
        files = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
        for file in files:
            if "__pycache__" in file.parts or file.suffix == ".pyc":
                continue
            digest.update(file.relative_to(library).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@cache
def _python() -> str:
    return ".".join(platform.python_version_tuple()[:2])


def surroundings(project: Project) -> str:
    """A hash of all that decides outputs besides the notebook itself: library, pinned versions, backend."""
    requirements = project.root / "requirements.txt"
    pinned = requirements.read_text(encoding="utf8") if requirements.is_file() else ""
    backend = os.environ.get("KERAS_BACKEND", "")
    parts = [_FORMAT, library_hash(project.library), pinned, backend, _python()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def execution_key(nb: NotebookNode, profile: str, device: str, framework: str, around: str) -> str:
    """The key of one execution: code cells (prose and looks do not count), settings and ``surroundings``."""
    code = [
        [cell.source, [tag for tag in _EFFECTIVE_TAGS if tag in tags(cell)]]
        for cell in nb.cells
        if cell.cell_type == "code"
    ]
    text = json.dumps([code, profile, device, framework, around])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def executed_path(project: Project, chapter: Path, profile: str, device: str, framework: str) -> Path:
    """``_build/executed/<profile>-<device>/<framework>/<chapter path>.ipynb``."""
    relative = chapter.resolve().relative_to(project.root.resolve()).with_suffix(".ipynb")
    return project.build / "executed" / f"{profile}-{device}" / framework / relative


def read_executed(path: Path) -> NotebookNode | None:
    """A stored execution, or None when there is none or it cannot be read."""
    nb = read_notebook(path)
    return nb if nb is not None and isinstance(nb.metadata.get("course"), dict) else None


def fresh(path: Path, key: str) -> NotebookNode | None:
    """The stored execution when it was made under this key."""
    nb = read_executed(path)
    return nb if nb is not None and nb.metadata.course.get("key") == key else None


def with_outputs(nb: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """``nb`` (current prose and metadata) with the outputs of an execution of the same code."""
    done = [
        cell
        for cell in executed.cells
        if cell.cell_type == "code" and "injected-parameters" not in tags(cell)
    ]
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    if [cell.source for cell in cells] != [cell.source for cell in done]:
        raise ValueError("the executed notebook has other code cells than its source")
    for count, (cell, ran) in enumerate(zip(cells, done, strict=True), 1):
        cell.outputs = ran.outputs
        cell.execution_count = count
    return nb


def fill_jupyter_cache(
    project: Project,
    sources: Iterable[Source],
    *,
    profile: str = "quick",
    device: str = "cpu",
    cache_path: Path | None = None,
) -> list[str]:
    """Make MyST-NB's execution cache hold our fresh executions and nothing else.

    MyST-NB matches on code cells, their metadata and the kernelspec, and knows nothing of ``course_lib``:
    every record that is there is dropped first, so that a page that is not fresh is executed by the site
    build.  ``cache_path`` defaults to ``_build/.jupyter_cache``.  Returns the names of those filled in.
    """
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn
    from myst_nb.core.read import read_myst_markdown_notebook

    store = get_cache(str(cache_path or project.build / ".jupyter_cache"))
    store.clear_cache()
    around = surroundings(project)
    filled = []
    for source in sources:
        key = execution_key(source.nb, profile, device, "both", around)
        executed = fresh(executed_path(project, source.path, profile, device, "both"), key)
        if executed is None:
            continue
        text = source.path.read_text(encoding="utf8")
        nb = with_outputs(read_myst_markdown_notebook(text, path=source.path), executed)
        nb.metadata["language_info"] = executed.metadata.get("language_info", {"name": "python"})
        data = {"execution_seconds": executed.metadata.course["wall_s"], "course": executed.metadata.course}
        bundle = CacheBundleIn(nb, str(source.path.resolve()), data=data)
        store.cache_notebook_bundle(bundle, check_validity=True, overwrite=True)
        filled.append(source.name)
    return filled
