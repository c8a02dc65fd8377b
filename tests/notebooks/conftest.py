"""Tiny courses without a framework, one per test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from course_lib.notebooks import Project
from course_lib.notebooks.lint import lint_pages
from course_lib.notebooks.run import Settings, Task, run

HEADER = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3}
---
# A chapter

```{code-cell}
:tags: [parameters]
PROFILE = "quick"
SEED = 0
```
"""
Write = Callable[..., Path]


def cell(code: str, *tags: str) -> str:
    """One code cell of a text notebook."""
    head = f":tags: [{', '.join(tags)}]\n" if tags else ""
    return f"\n```{{code-cell}}\n{head}{code}\n```\n"


@pytest.fixture
def course(tmp_path: Path) -> Project:
    """An empty course with a library of its own to change."""
    (tmp_path / "chapters" / "part").mkdir(parents=True)
    (tmp_path / "course_lib" / "data").mkdir(parents=True)
    (tmp_path / "course_lib" / "data" / "toys.py").write_text("SIZE = 1\n")
    (tmp_path / "requirements.txt").write_text("numpy==2.4\n")
    return Project(tmp_path)


@pytest.fixture
def write(course: Project) -> Write:
    """``write(name, *cells)`` adds a chapter to the course."""

    def add(name: str, *cells: str, header: str = HEADER) -> Path:
        path = course.root / "chapters" / "part" / f"{name}.md"
        path.write_text(header + "".join(cells), encoding="utf8")
        return path

    return add


def execute(course: Project, *names: str, **settings: object) -> list[Task]:
    """Run chapters on cold kernels (a warm server would import both frameworks for nothing)."""
    sources, problems = lint_pages(course, course.select(names))
    assert not problems
    options = {"warm": False, "jobs": 2, **settings}
    return run(course, sources, Settings(**options))  # type: ignore[arg-type]
