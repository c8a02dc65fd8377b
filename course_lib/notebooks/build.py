"""``course build``: the site, made from fresh executions only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .cache import fill_jupyter_cache
from .environment import kernel_environment
from .errors import CourseError
from .layout import Project
from .source import Source

_JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.argv[0] = 'jupyter-book'; main()"


def build_site(project: Project, sources: list[Source], *, device: str = "cpu", quiet: bool = True) -> Path:
    """Build the HTML site and return the path of its ``index.html``.

    The executions of ``sources`` must be fresh (see :func:`course_lib.notebooks.run.run`).
    Warnings are errors: raises :class:`CourseError` when Jupyter Book fails.
    """
    require_book(project)
    fill_jupyter_cache(project, sources, device=device)
    before = cached_pages(project)
    command = [sys.executable, "-c", _JUPYTER_BOOK, "build", str(project.root)]
    command += ["-W", "-n", "--keep-going", *(["-q"] if quiet else [])]
    done = subprocess.run(command, env=kernel_environment(device), check=False)
    if done.returncode:
        raise CourseError("the site was not built: mend the warnings above", code=1)
    for uri in sorted(cached_pages(project) - before):
        print(f"{uri}: executed by the site build, for it is no chapter", file=sys.stderr)
    return project.build / "html" / "index.html"


def require_book(project: Project) -> None:
    """Raise :class:`CourseError` unless the project is a Jupyter Book."""
    if not (project.root / "_config.yml").is_file():
        raise CourseError(f"{project.root}: no _config.yml: this is not a Jupyter Book")


def cached_pages(project: Project) -> set[str]:
    """The sources in MyST-NB's execution cache."""
    from jupyter_cache import get_cache

    records = get_cache(str(project.build / ".jupyter_cache")).list_cache_records()
    return {project.name(Path(record.uri)) for record in records}
