"""Processes that grade, started ahead of time; one that is lost or takes too long is replaced."""

from __future__ import annotations

import contextlib
import multiprocessing
import queue
import signal
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from course_lib.grading.engine.model import Bundle, Submission
from course_lib.grading.engine.pool import LOST_TWICE, listen, patience
from course_lib.hub.grading.report import Report, report

_START_SECONDS = 120.0


class Closed(Exception):
    """The worker was closed while it graded."""


class Worker:
    """One worker process, used by one thread at a time. It ends with this process, however that ends."""

    process: BaseProcess
    _connection: Connection
    _ready: bool

    def __init__(self, level: str) -> None:
        self._level = level
        self._closed = False
        self._lock = threading.Lock()
        self._start()

    def grade(
        self, bundle: Bundle, submission: Submission, scope: str, seconds: float | None = None
    ) -> Report:
        """Grade one submission; what fails, or loses its process, is tried once more by a fresh one.

        seconds: the longest that a try may take (default: what the bundle's limits allow, and some).
        Raises Closed.
        """
        longest = patience(bundle) if seconds is None else seconds
        found = None
        for _ in range(2):
            found = self._try((bundle, submission, scope, self._level), longest)
            if found is not None and not found.failed:
                return found
            self._replace()
        return found or Report(failed=True, problem=LOST_TWICE)

    def close(self) -> None:
        """End the process at once; a grading that waits for it ends with Closed."""
        with self._lock:
            self._closed = True
            # Its connection is left to whoever waits for it.
            self.process.kill()
            self.process.join()

    def _try(self, order: tuple[Any, ...], seconds: float) -> Report | None:
        """The report, or None when the process was lost or had to be given up."""
        with contextlib.suppress(EOFError, OSError):
            if not self._ready:
                if not self._connection.poll(_START_SECONDS):
                    return None
                self._ready = self._connection.recv()
            self._connection.send(order)
            if self._connection.poll(seconds):
                return self._connection.recv()
        return None

    def _replace(self) -> None:
        with self._lock:
            if self._closed:
                raise Closed
            self.process.kill()
            self.process.join()
            self._connection.close()
            self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ready = False
        self._connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), name="course-hub-grade", daemon=True)
        self.process.start()
        theirs.close()


def _work(connection: Connection) -> None:
    """A worker's life: orders in, reports out, until the service hangs up."""
    # A handler, because an ignored signal would stay ignored in the processes that the worker starts.
    signal.signal(signal.SIGINT, lambda *_: None)
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(connection, inbox), daemon=True).start()
    connection.send(True)
    while True:
        connection.send(report(*inbox.get()))
