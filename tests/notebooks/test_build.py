"""A real Jupyter Book build executes nothing that is fresh, and everything that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_lib.notebooks import CourseError, Project
from course_lib.notebooks.build import build_site, executed_by_site

from .conftest import Write, cell, execute

COUNT = cell(
    "from pathlib import Path\nwith Path('runs.txt').open('a') as f:\n    f.write('run ')\nprint('it', 'ran')"
)
CONFIG = """title: Tiny
execute: {execute_notebooks: cache}
exclude_patterns: ["**/*.ipynb", _build]
sphinx: {extra_extensions: [course_lib.site]}
"""


def test_build(course: Project, write: Write) -> None:
    (course.root / "_config.yml").write_text(CONFIG)
    (course.root / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nchapters:\n- file: chapters/part/one\n"
    )
    (course.root / "index.md").write_text("# Welcome\n")
    chapter = write("one", COUNT)
    runs = chapter.parent / "runs.txt"

    def build() -> Path:
        return build_site(course)

    execute(course)
    index = build()
    assert executed_by_site(course) == []
    assert index.is_file()
    page = index.parent / "chapters" / "part" / "one.html"
    assert "it ran" in page.read_text()
    assert runs.read_text().split() == ["run"]
    # The helper package changed: Jupyter Book alone would publish the old output.
    (course.library / "data" / "toys.py").write_text("SIZE = 2\n")
    build()
    assert executed_by_site(course) == ["chapters/part/one.md"]
    assert runs.read_text().split() == ["run", "run"]
    chapter.write_text(chapter.read_text() + "\n[nowhere](missing.md)\n")
    with pytest.raises(CourseError, match="the site was not built") as caught:
        build()
    assert caught.value.code == 1


def test_build_needs_a_book(course: Project) -> None:
    with pytest.raises(CourseError, match=r"no _config\.yml"):
        build_site(course)
