"""One exclusive connection to a gradebook: who may write, what is tried again, and what is said when it fails."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from course_lib.notebooks.errors import CourseError

ATTEMPTS = 7
_FIRST_PAUSE = 0.1  # seconds; it doubles with every attempt
_LOCK_PAUSES = (0.1, 0.2, 0.4, 0.8)  # seconds
_SQLITE_PATIENCE = 30  # seconds to wait while another program holds the file
_LOCK_KEY = 0x636F75727365  # any number will do, as long as all writers use the same

# SQLSTATE classes and codes after which the same transaction may well succeed: connection lost, server
# shutting down or starting, too many connections, serialisation failure, deadlock.
_PASSING = ("08", "57P01", "57P02", "57P03", "53300", "40001", "40P01")

T = TypeVar("T")


class GradebookError(CourseError):
    """The gradebook cannot be used or written."""


class _Taken(Exception):
    """Another process has the writer's lock; the text says which."""


class Connection:
    """Transactions on a gradebook that nobody else writes through this class at the same time.

    A context manager. The lock is a file beside an SQLite gradebook (`<file>.lock`), and an advisory lock of
    the database in PostgreSQL; both go when the process ends, whatever ends it. Formgrader may stay open.
    Raises GradebookError for an address that is not one, a database that does not answer, or a second writer.
    """

    def __init__(self, db_url: str) -> None:
        self.url = parse(db_url)
        self._engine = _engine(self.url)
        self._file: int | None = None
        if self.url.get_backend_name() == "postgresql":
            event.listen(self._engine, "connect", _lock_database)

    def __enter__(self) -> Connection:
        try:
            if path := sqlite_file(self.url):
                self._file = _lock_file(path.with_name(f"{path.name}.lock"))
            self._connect()
        except _Taken as error:
            self.close()
            raise GradebookError(
                f"the gradebook {shown(self.url)} is being written by {error}: wait until it is done"
            ) from None
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connection and the lock back."""
        self._engine.dispose()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _connect(self) -> None:
        """Takes the database's lock. A server needs a moment to notice that its last writer was killed."""
        for seconds in (*_LOCK_PAUSES, None):
            try:
                with said(self.url), self._engine.connect():
                    return
            except _Taken:
                if seconds is None:
                    raise
                time.sleep(seconds)

    def transaction(self, work: Callable[[Session], T]) -> T:
        """Does `work` in one transaction, once more when the connection was lost; all of it or nothing lasts.

        `work` may run several times, so it must not change anything but the session's objects.
        """
        pause = _FIRST_PAUSE
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with Session(self._engine) as session, session.begin():
                    return work(session)
            except (DBAPIError, _Taken) as error:
                # After a lost connection the old one may hold the lock until the server notices.
                if attempt == ATTEMPTS or not (isinstance(error, _Taken) or _passes(error)):
                    raise _failure(self.url, error) from error
            time.sleep(pause)
            pause *= 2
        raise AssertionError("the last attempt returns or raises")


def parse(db_url: str) -> URL:
    """Reads the address of a gradebook. Raises GradebookError for anything but SQLite files and PostgreSQL."""
    try:
        url = make_url(db_url)
    except ArgumentError as error:
        raise GradebookError(
            f"'{db_url}' is not the address of a gradebook: use sqlite:////folder/gradebook.db or "
            "postgresql://user@host/name"
        ) from error
    backend = url.get_backend_name()
    if backend in ("postgres", "postgresql"):
        # "postgres:" is what hosting services hand out.
        return url.set(drivername="postgresql+psycopg") if "+" not in url.drivername else url
    if backend != "sqlite":
        raise GradebookError(f"a gradebook in '{backend}' is not supported: use sqlite or postgresql")
    if not url.database or url.database == ":memory:":
        raise GradebookError("a gradebook needs a file: sqlite:////folder/gradebook.db")
    return url


def sqlite_file(url: URL) -> Path | None:
    """The file of an SQLite gradebook."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def shown(url: URL) -> str:
    """The address as it may be printed: without its password."""
    return str(sqlite_file(url) or url.render_as_string(hide_password=True))


@contextmanager
def reading(db_url: str) -> Iterator[Session]:
    """A session that takes no lock, to read with. Raises GradebookError."""
    url = parse(db_url)
    if (path := sqlite_file(url)) and not path.is_file():
        raise GradebookError(f"there is no gradebook {path}")
    engine = _engine(url, exclusive=False)
    try:
        with said(url), Session(engine) as session:
            yield session
    finally:
        engine.dispose()


@contextmanager
def said(url: URL) -> Iterator[None]:
    """Turns what a database says into one line."""
    try:
        yield
    except DBAPIError as error:
        raise _failure(url, error) from error


def _engine(url: URL, *, exclusive: bool = True) -> Engine:
    sqlite = sqlite_file(url) is not None
    arguments: dict[str, Any] = {"timeout": _SQLITE_PATIENCE} if sqlite else {"application_name": _name()}
    try:
        # One connection: in PostgreSQL it is the one that holds the lock.
        engine = create_engine(url, connect_args=arguments, pool_size=1, max_overflow=0)
    except (ImportError, NoSuchModuleError) as error:
        raise GradebookError(
            f"no driver for {shown(url)}: install course-lib[cluster] ({error})", code=1
        ) from error
    except (SQLAlchemyError, TypeError) as error:
        raise GradebookError(f"{shown(url)} is not the address of a gradebook: {error}") from error
    if sqlite:
        # Python's driver starts transactions late and ends them early; SQLAlchemy shall do both.
        begin = "BEGIN IMMEDIATE" if exclusive else "BEGIN"
        event.listen(engine, "connect", lambda raw, record: setattr(raw, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _name() -> str:
    """How this process is called in a message to another: at most 63 characters reach PostgreSQL."""
    return f"process {os.getpid()} on {socket.gethostname()[:40]}"


def _lock_file(path: Path) -> int:
    """An open file that this process has locked. It stays when the lock goes: removing it could split the lock."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise GradebookError(
            f"{path.parent} cannot be written: {error.strerror}; the gradebook must lie in a folder of yours"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 100, 0).decode("utf-8", "replace") or "another process"
        os.close(handle)
        raise _Taken(holder) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, _name().encode(), 0)
    return handle


def _lock_database(raw: Any, record: Any) -> None:
    """Takes PostgreSQL's advisory lock for as long as this connection lives."""
    with raw.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK_KEY,))
        if cursor.fetchone() != (True,):
            cursor.execute(
                "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
                " WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = %s"
                " AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                (_LOCK_KEY,),
            )
            (holder,) = cursor.fetchone() or ("",)
            raise _Taken(holder or "another process")
    raw.commit()


def _passes(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed a moment later."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING)
    # Without a state the server was not reached at all. SQLite waited long enough already.
    return (
        type(error.orig).__module__.startswith("psycopg") and type(error.orig).__name__ == "OperationalError"
    )


def _failure(url: URL, error: Exception) -> GradebookError:
    if isinstance(error, _Taken):
        return GradebookError(f"the gradebook {shown(url)} was taken over by {error}: run it again", code=1)
    text = " ".join(str(getattr(error, "orig", None) or error).split())
    if "disk is full" in text or getattr(getattr(error, "orig", None), "sqlstate", "") == "53100":
        advice = "free some room and run the same command again"
    elif "database is locked" in text:
        advice = "another program keeps it open for writing; close it and run the same command again"
    elif "file is not a database" in text or "no such column" in text or "malformed" in text:
        advice = "is it a gradebook of nbgrader?"
    else:
        advice = "what was graded is kept; run the same command again when this is mended"
    return GradebookError(f"the gradebook {shown(url)} failed: {text}: {advice}", code=1)
