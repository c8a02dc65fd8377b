"""An nbgrader course folder: its own configuration, and the paths that follow from it."""

from __future__ import annotations

from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from traitlets import TraitError
from traitlets.config import Config
from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader

from course_lib.notebooks.errors import CourseError


class CourseFolderError(CourseError):
    """A course folder that cannot be used as it is."""


@dataclass(frozen=True)
class CourseFolder:
    """A course folder. `db_url` is absolute where it is a file; `config` is what nbgrader's own parts take."""

    root: Path
    directory: CourseDirectory
    config: Config
    db_url: str

    def step(self, step: str, student: str, assignment: str) -> Path:
        """The folder of an assignment at a step of nbgrader's: `step` is the configured name of its folder."""
        return Path(self.directory.format_path(step, student, assignment))

    def source(self, assignment: str) -> Path:
        """Where the instructor's version of an assignment lies."""
        return self.step(self.directory.source_directory, ".", assignment)

    @property
    def database(self) -> str:
        """The gradebook's address for messages, without a password."""
        return make_url(self.db_url).render_as_string(hide_password=True)

    def database_file(self) -> Path | None:
        """The gradebook's file, where it is one."""
        url = make_url(self.db_url)
        return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def open_course(folder: Path, db_url: str | None = None) -> CourseFolder:
    """Reads `nbgrader_config.py` or `.json` of a course folder, as nbgrader does when it is started there.

    db_url: another gradebook than the configured one. Raises CourseFolderError, one line.
    """
    if not folder.is_dir():
        raise CourseFolderError(f"{folder}: there is no such folder; name an nbgrader course folder")
    root = folder.resolve()
    config = _configured(root)
    try:
        with chdir(root):
            directory = CourseDirectory(config=config)
            if db_url is not None:
                directory.db_url = db_url
            root = Path(directory.root)
            url = make_url(directory.db_url)
    except (TraitError, ArgumentError) as error:
        raise CourseFolderError(f"{folder}: its nbgrader configuration: {_line(error)}") from error
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(root / url.database))
    return CourseFolder(root, directory, config, url.render_as_string(hide_password=False))


def _configured(root: Path) -> Config:
    """What the configuration files of the folder set; the Python file wins, as in nbgrader."""
    config = Config()
    for loader in (JSONFileConfigLoader, PyFileConfigLoader):
        suffix = "json" if loader is JSONFileConfigLoader else "py"
        path = root / f"nbgrader_config.{suffix}"
        if not path.is_file():
            continue
        try:
            with chdir(root):
                config.merge(loader(path.name, path=str(root)).load_config())
        except Exception as error:  # the file is code: it may raise anything
            raise CourseFolderError(f"{path}: {_line(error)}; mend it") from error
    return config


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
