"""What the classes of the exchange share: the client, and where things lie on this side."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir
from nbgrader.exchange import abc
from nbgrader.exchange.abc import ExchangeError
from traitlets import Bool, Unicode, default

from course_lib.hub.exchange.client import Client, Submission
from course_lib.hub.exchange.files import Files, check_name, check_path, read_folder
from course_lib.notebooks.errors import CourseError

_FORMAT = "%Y-%m-%d %H:%M:%S.%f UTC"  # as nbgrader's own exchange writes it
_KILO = 1000  # nbgrader's kilobyte


class Exchange(abc.Exchange):
    """Base of the others. Every failure is one line in the log, and nbgrader's ExchangeError."""

    url = Unicode(help="Where the exchange is. Default: $NGSHARE_URL").tag(config=True)

    cache = Unicode(
        help="Copies of what was submitted from here. Default: nbgrader_cache in Jupyter's data directory"
    ).tag(config=True)

    path_includes_course = Bool(
        False, help="Whether assignments lie in ./course/assignment rather than in ./assignment."
    ).tag(config=True)

    @default("url")
    def _default_url(self) -> str:
        return os.environ.get("NGSHARE_URL", "")

    @default("cache")
    def _default_cache(self) -> str:
        return os.path.join(jupyter_data_dir(), "nbgrader_cache")

    @cached_property
    def client(self) -> Client:
        """Calls of the service, in the name of this server's person."""
        token = os.environ.get("JUPYTERHUB_API_TOKEN", "")
        if not self.url or not token:
            raise CourseError(
                "there is no exchange here: it needs NGSHARE_URL and JUPYTERHUB_API_TOKEN, which a server that "
                "the hub has started has"
            )
        return Client(self.url, token)

    @property
    def username(self) -> str:
        """Whose server this is. Only a wish: the service asks the hub."""
        name = os.environ.get("JUPYTERHUB_USER", "")
        if not name:
            raise CourseError("JUPYTERHUB_USER does not say whose server this is")
        return check_name(name, "a person")

    @property
    def course(self) -> str:
        """The course at hand."""
        if not self.coursedir.course_id:
            raise CourseError("no course: say which with --course, or set CourseDirectory.course_id")
        return check_name(self.coursedir.course_id, "a course")

    @property
    def assignment(self) -> str:
        """The assignment at hand."""
        if not self.coursedir.assignment_id:
            raise CourseError("no assignment: say which")
        return check_name(self.coursedir.assignment_id, "an assignment")

    @property
    def student(self) -> str:
        """The student that the command names; nothing where it means everybody."""
        named = self.coursedir.student_id
        return "" if named in ("", "*") else check_name(named, "a student")

    def start(self) -> object:
        """Do it."""
        with self.one_line():
            return super().start()

    @contextmanager
    def one_line(self) -> Iterator[None]:
        """Turns what a person can mend into nbgrader's error."""
        try:
            yield
        except ExchangeError:
            raise
        except CourseError as error:
            self.fail(str(error))
        except OSError as error:
            self.fail(f"{error.filename or 'a file'}: {error.strerror or error}")

    def init_src(self) -> None:
        """Compute and check the source."""

    def init_dest(self) -> None:
        """Compute and check the destination."""

    def copy_files(self) -> None:
        """Do the transfer."""

    def home(self, course: str, assignment: str) -> Path:
        """Where a student's copy of an assignment lies."""
        parts = [course, assignment] if self.path_includes_course else [assignment]
        return Path(os.path.abspath(self.assignment_dir)).joinpath(*parts)

    def copy_of(self, course: str, submission: Submission) -> Path:
        """Where a copy of what was submitted from here lies."""
        name = f"{submission.student}+{submission.assignment}+{text(submission.moment)}"
        return Path(self.cache, check_name(course, "a course"), check_path(name))

    def read(self, folder: Path) -> Files:
        """The files of a folder that nbgrader's configuration lets pass."""
        return read_folder(
            folder,
            ignore=self.coursedir.ignore,
            include=self.coursedir.include,
            file_bytes=_KILO * self.coursedir.max_file_size,
            folder_bytes=_KILO * self.coursedir.max_dir_size,
            log=self.log,
        )


def text(moment: datetime) -> str:
    """A moment as nbgrader writes it."""
    return moment.astimezone(UTC).strftime(_FORMAT)


def notebooks(paths: Iterable[str]) -> list[str]:
    """The notebooks among the paths of an assignment's files."""
    return sorted(path for path in paths if path.endswith(".ipynb"))
