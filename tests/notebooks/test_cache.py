"""Keys that change with what decides the outputs, and the site's cache filled from our runs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from jupyter_cache import get_cache
from myst_nb.core.read import read_myst_markdown_notebook

from course_lib.notebooks import Project, cache, read_source
from course_lib.notebooks.files import write_atomically
from course_lib.notebooks.lint import lint_pages

from .conftest import Write, cell, execute


def key(
    course: Project, path: Path, profile: str = "quick", device: str = "cpu", framework: str = "both"
) -> str:
    return cache.execution_key(read_source(path).nb, profile, device, framework, cache.surroundings(course))


def test_key(course: Project, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("one", cell("x = 1"))
    base = key(course, path)
    assert key(course, path) == base
    assert (
        len(
            {
                base,
                key(course, path, "full"),
                key(course, path, device="cuda"),
                key(course, path, framework="keras"),
            }
        )
        == 4
    )
    write("one", cell("x = 1", "hide-input"), "\nMore words.\n")
    assert key(course, path) == base
    write("one", cell("x = 1", "raises-exception"))
    assert key(course, path) != base
    write("one", cell("x = 1"))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert key(course, path) != base


def test_library_hash_looks_at_what_chapters_import(course: Project) -> None:
    library = course.library
    before = cache.library_hash(library)
    (library / "grading").mkdir()
    (library / "grading" / "engine.py").write_text("x = 1")
    (library / "data" / "__pycache__").mkdir()
    (library / "data" / "__pycache__" / "toys.pyc").write_bytes(b"x")
    assert cache.library_hash(library) == before
    for name in ("data/table.csv", "parity.py", "display.py", "keras/losses.py"):
        path = library / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("1")
        changed = cache.library_hash(library)
        assert (changed != before) == (name != "parity.py")
        before = changed


def test_unreadable_executions_are_stale(tmp_path: Path) -> None:
    path = tmp_path / "one.ipynb"
    assert cache.fresh(path, "k") is None
    for text in ("", "{}", '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'):
        path.write_text(text)
        assert cache.fresh(path, "k") is None


def test_writing_is_all_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomically(path, "a" * 100_000)
    seen = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_text()[:1] + str(len(path.read_text())))

    reader = threading.Thread(target=read)
    reader.start()
    for n in range(50):
        write_atomically(path, "ab"[n % 2] * 100_000)
    done.set()
    reader.join()
    assert seen <= {"a100000", "b100000"}
    assert [p.name for p in path.parent.iterdir()] == ["file"]


def hit(course: Project, path: Path) -> bool:
    """Whether MyST-NB, reading the source as it does in a build, finds an execution."""
    store = get_cache(str(course.build / ".jupyter_cache"))
    try:
        store.match_cache_notebook(
            read_myst_markdown_notebook(path.read_text(), add_source_map=True, path=path)
        )
    except KeyError:
        return False
    return True


def test_fill_jupyter_cache(course: Project, write: Write) -> None:
    yaml_cell = (
        "\n```{code-cell}\n---\nmystnb: {image: {alt: x}}\ntags: [hide-input]\n---\nx = 1\n\nprint(x)\n```\n"
    )
    one = write("one", "\n(label)=\n## Words\n", yaml_cell, cell("1 / 0", "raises-exception"))
    two = write("two", cell("y = 2"))
    execute(course, "one")

    def fill() -> list[str]:
        return cache.fill_jupyter_cache(course, lint_pages(course, course.select([]))[0])

    assert fill() == ["chapters/part/one.md"]
    assert hit(course, one)
    assert not hit(course, two)
    one.write_text(one.read_text().replace("alt: x", "alt: better words") + "\nAn afterword.\n")
    assert fill() == ["chapters/part/one.md"]
    assert hit(course, one)
    (course.library / "data" / "toys.py").write_text("SIZE = 2\n")
    assert fill() == []
    assert not hit(course, one)
