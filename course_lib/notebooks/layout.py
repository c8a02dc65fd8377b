"""Where things lie: sources, siblings, executed notebooks."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.headers import is_notebook_text


@dataclass(frozen=True)
class Project:
    """A checkout of the course: a folder that holds ``chapters/``."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The project that contains ``start`` (default: the working directory)."""
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / "chapters").is_dir():
                return cls(folder)
        raise CourseError(
            f"{start}: no chapters/ folder here or above: run this inside the course or pass --root"
        )

    @property
    def library(self) -> Path:
        """The ``course_lib`` whose code the chapters run: the project's own, else the installed one."""
        own = self.root / "course_lib"
        return own if own.is_dir() else Path(__file__).resolve().parent.parent

    @property
    def build(self) -> Path:
        return self.root / "_build"

    def chapters(self) -> list[Path]:
        """Every text notebook under ``chapters/``, sorted; plain pages are left out."""
        return [path for path in self.pages() if is_notebook_text(path)]

    def pages(self) -> list[Path]:
        """Every Markdown file under ``chapters/``."""
        found = (self.root / "chapters").rglob("*.md")
        return sorted(p for p in found if ".ipynb_checkpoints" not in p.parts)

    def name(self, path: Path) -> str:
        """A path as people write it: relative to the root, with forward slashes."""
        try:
            return path.resolve().relative_to(self.root.resolve()).as_posix()
        except ValueError:
            return path.as_posix()

    def select(self, names: Sequence[str]) -> list[Path]:
        """The chapters meant by ``names``: a slug, a part, or a path to either (``.md`` or ``.ipynb``).

        No names means all chapters.  An unknown name raises :class:`CourseError` with the nearest known one.
        """
        chapters = self.chapters()
        if not names:
            return chapters
        chosen: set[Path] = set()
        for name in names:
            matches = [path for path in chapters if self._means(name, path)]
            if not matches:
                known = sorted({p.stem for p in chapters} | {p.parent.name for p in chapters})
                near = difflib.get_close_matches(Path(name).stem, known, n=1)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none yet'}"
                raise CourseError(f"{name}: no such chapter; {hint}")
            chosen.update(matches)
        return sorted(chosen)

    def _means(self, name: str, path: Path) -> bool:
        relative = path.relative_to(self.root / "chapters").with_suffix("")
        wanted = Path(name).with_suffix("") if name.endswith((".md", ".ipynb")) else Path(name)
        if wanted.is_absolute() or wanted.parts[:1] in ((".",), ("..",)) or len(wanted.parts) > 1:
            target = (wanted if wanted.is_absolute() else Path.cwd() / wanted).resolve()
            if path.resolve().with_suffix("").is_relative_to(target):
                return True
        parts = wanted.parts[1:] if wanted.parts[:1] == ("chapters",) else wanted.parts
        inner = relative.parts
        return any(inner[i : i + len(parts)] == parts for i in range(len(inner))) if parts else True
