"""``course build``: the site, made from fresh executions only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from course_lib.notebooks.environment import kernel_environment
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.layout import Project

_JUPYTER_BOOK = "import sys; from jupyter_book.cli.main import main; sys.argv[0] = 'jupyter-book'; main()"


def build_site(project: Project, *, quiet: bool = True) -> Path:
    """Build the HTML site and return the path of its ``index.html``.

    The extension ``course_lib.site`` shows the fresh executions of ``course run``; what is not fresh is executed
    by the build.  Warnings are errors: raises :class:`CourseError` when Jupyter Book fails.
    """
    require_book(project)
    command = [sys.executable, "-c", _JUPYTER_BOOK, "build", str(project.root)]
    command += ["-W", "-n", "--keep-going", *(["-q"] if quiet else [])]
    done = subprocess.run(command, env=kernel_environment("cpu"), check=False)
    if done.returncode:
        raise CourseError("the site was not built: mend the warnings above", code=1)
    for page in executed_by_site(project):
        print(f"{page}: executed by the site build, not by course run", file=sys.stderr)
    return project.build / "html" / "index.html"


def require_book(project: Project) -> None:
    """Raise :class:`CourseError` unless the project is a Jupyter Book."""
    if not (project.root / "_config.yml").is_file():
        raise CourseError(f"{project.root}: no _config.yml: this is not a Jupyter Book")


def executed_by_site(project: Project) -> list[str]:
    """Pages that MyST-NB executed itself: their cache records do not carry what ``course run`` measured."""
    from jupyter_cache import get_cache

    records = get_cache(str(project.build / ".jupyter_cache")).list_cache_records()
    return sorted(project.name(Path(record.uri)) for record in records if "course" not in (record.data or {}))
