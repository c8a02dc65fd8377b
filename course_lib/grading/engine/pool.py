"""Grades a class in worker processes of this machine; losing a worker costs time, never a submission.

Workers are fresh interpreters (a fork of a process with threads or open databases is not safe). Each is asked
to grade one submission at a time and holds the next one ready. Workers end when their coordinator does,
however that ends, and the sandboxes end with their worker.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from course_lib.grading.engine.model import FAILED, STRICT, Bundle, Result, Submission
from course_lib.notebooks.errors import CourseError

Grade = Callable[[Bundle, Submission], Result]
"""Grades one submission. Workers import it by its name, so it is a function of a module, or a
`functools.partial` of one."""

LOST_TWICE = "the worker was lost twice"
_FALSE_STARTS = 3
"""Workers that may end before they are ready, in a row."""
_GOODBYE_SECONDS = 5.0
_SPARE_SECONDS = 300.0
"""What a submission may take beyond its notebooks' own limits: importing for the first time, replays."""


class PoolError(CourseError):
    """The workers do not run on this machine."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code=1)


def failed(bundle: Bundle, submission: Submission, reason: str, mode: str = STRICT) -> Result:
    """The row of a submission that could not be graded; `reason` is one line."""
    return Result(
        student=submission.student,
        assignment=bundle.assignment,
        bundle=bundle.id,
        submission=submission.id,
        mode=mode,
        status=FAILED,
        reason=" ".join(reason.split())[:500],
        timestamp=submission.timestamp,
        notes=list(submission.problems),
    )


def mode_of(grade: Grade) -> str:
    """The mode that `grade` was given, where it is a partial function; strict otherwise."""
    return str(getattr(grade, "keywords", {}).get("mode", STRICT))


def graded(grade: Grade, bundle: Bundle, submission: Submission) -> Result:
    """`grade`, with a row for what it was not meant to raise."""
    try:
        return grade(bundle, submission)
    except Exception as error:
        reason = f"the grader failed: {type(error).__name__}: {error}"
        return failed(bundle, submission, reason, mode_of(grade))


def patience(bundle: Bundle) -> float:
    """Seconds that one submission may take before its worker counts as lost."""
    return 2 * bundle.limits.notebook_seconds * max(1, len(bundle.notebooks)) + _SPARE_SECONDS


def run(
    bundle: Bundle,
    submissions: Iterable[Submission],
    grade: Grade,
    jobs: int,
    *,
    seconds: float | None = None,
) -> Iterator[Result]:
    """Results in the order in which they are ready, one per submission.

    jobs: worker processes. seconds: longest time for one submission before its worker counts as lost
    (default: what the bundle's limits allow, and some). `submissions` is read as it is needed. A submission
    that fails, or whose worker is lost, is graded once more by a fresh worker. Raises PoolError when no worker
    can be started.
    """
    pool = _Pool(bundle, iter(submissions), grade, patience(bundle) if seconds is None else seconds)
    try:
        yield from pool.results(jobs)
    finally:
        pool.close()


@dataclass
class _Job:
    submission: Submission
    losses: int = 0


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    ready: bool = False
    jobs: deque[_Job] = field(default_factory=deque)
    since: float = 0.0
    """When it began with the first of its jobs."""


class _Pool:
    def __init__(
        self, bundle: Bundle, submissions: Iterator[Submission], grade: Grade, seconds: float
    ) -> None:
        self.bundle = bundle
        self.submissions = submissions
        self.grade = grade
        self.seconds = seconds
        self.waiting: deque[_Job] = deque()
        self.workers: list[_Worker] = []
        self.false_starts = 0
        self.context = multiprocessing.get_context("spawn")

    def results(self, jobs: int) -> Iterator[Result]:
        self._look_ahead(jobs)
        for _ in list(self.waiting):  # a small class does not need every worker
            self.workers.append(self._start())
        while self.waiting or any(worker.jobs for worker in self.workers):
            self._feed()
            ends = [end for w in self.workers for end in (w.connection, w.process.sentinel)]
            reported = wait(ends, timeout=self._time_left())
            for worker in list(self.workers):
                if worker.connection in reported:
                    yield from self._hear(worker)
                elif worker.process.sentinel in reported:
                    yield from self._replace(worker)
                elif worker.jobs and time.monotonic() > worker.since + self.seconds:
                    worker.process.kill()

    def close(self) -> None:
        """End the workers: at once those that still grade, politely those that are done."""
        for worker in self.workers:
            if worker.jobs or not worker.ready:
                worker.process.kill()
            worker.connection.close()
        for worker in self.workers:
            worker.process.join(_GOODBYE_SECONDS)
            if worker.process.exitcode is None:
                worker.process.kill()
                worker.process.join()
            worker.process.close()
        self.workers.clear()

    def _look_ahead(self, most: int) -> None:
        """Have up to `most` submissions waiting, as long as there are any."""
        while len(self.waiting) < most:
            submission = next(self.submissions, None)
            if submission is None:
                return
            self.waiting.append(_Job(submission))

    def _feed(self) -> None:
        """Work for the idle, then a next submission for the busy if all would find one when they are done."""
        ready = sorted((worker for worker in self.workers if worker.ready), key=lambda w: len(w.jobs))
        for worker in ready:
            self._look_ahead(len(self.workers))
            if not worker.jobs and self.waiting:
                worker.since = time.monotonic()
            elif len(worker.jobs) != 1 or len(self.waiting) < len(self.workers):
                continue
            job = self.waiting.popleft()
            worker.jobs.append(job)
            # A worker that has died is noticed by its sentinel; the job is on its list.
            with contextlib.suppress(OSError):
                worker.connection.send(job.submission)
        self._look_ahead(1)

    def _time_left(self) -> float | None:
        ends = [worker.since + self.seconds for worker in self.workers if worker.jobs]
        return max(0.0, min(ends) - time.monotonic()) + 0.01 if ends else None

    def _hear(self, worker: _Worker) -> Iterator[Result]:
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._replace(worker)
            return
        if isinstance(message, Result):
            if message.status == FAILED and not worker.jobs[0].losses:
                yield from self._replace(worker)  # a fresh process may do better
                return
            worker.jobs.popleft()
            worker.since = time.monotonic()
            yield message
        else:
            worker.ready = True
            self.false_starts = 0

    def _replace(self, worker: _Worker) -> Iterator[Result]:
        """A worker is gone: its first job counts that as a loss, the one it held ready does not."""
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self.workers.remove(worker)
        if not worker.ready:
            self.false_starts += 1
            if self.false_starts >= _FALSE_STARTS:
                code = worker.process.exitcode
                raise PoolError(
                    f"the grading processes end as soon as they start (exit status {code}); free some memory, "
                    "or see what is written above"
                )
        worker.process.close()
        jobs, worker.jobs = worker.jobs, deque()
        if jobs:
            jobs[0].losses += 1
        self.waiting.extendleft(job for job in reversed(jobs) if job.losses < 2)
        self.workers.append(self._start())
        if jobs and jobs[0].losses == 2:
            yield failed(self.bundle, jobs[0].submission, LOST_TWICE, mode_of(self.grade))

    def _start(self) -> _Worker:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(
            target=_work, args=(theirs, self.bundle, self.grade), name="course-grade", daemon=True
        )
        # The terminal's Ctrl-C goes to every process; the coordinator alone answers it. Blocked here, the
        # signal cannot reach the worker before it has made its arrangements.
        with _blocked(signal.SIGINT):
            process.start()
        theirs.close()
        return _Worker(process, ours)


@contextlib.contextmanager
def _blocked(number: signal.Signals) -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, bundle: Bundle, grade: Grade) -> None:
    """A worker's life: submissions in, results out, until the coordinator hangs up."""
    # A handler, because an ignored signal would stay ignored in the processes that the worker starts.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(connection, inbox), daemon=True).start()
    connection.send("ready")
    while True:
        connection.send(graded(grade, bundle, inbox.get()))


def listen(connection: Connection, inbox: queue.SimpleQueue[Any]) -> None:
    """Take submissions off the wire while one is graded, so that the coordinator never waits for that.

    A coordinator that has gone, in whatever way, ends the worker at once.
    """
    try:
        while True:
            inbox.put(connection.recv())
    except BaseException:
        os._exit(0)
