"""Grades a class on a Dask cluster: the interface of the local pool, the workers wherever the cluster has them.

A worker needs this package and the warm kernels' Linux, nothing else: the bundle travels to each worker once
(those that join later included), a submission as bytes, its result back as plain data. When a worker is lost
the scheduler gives its submissions to others, as often as its setting `allowed-failures` says (3 by default).
"""

from __future__ import annotations

import logging
import queue
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from distributed import Client, Future, Reschedule, Worker, WorkerPlugin, get_worker
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from course_lib.grading.engine.model import FAILED, VERSION, Bundle, Result, Submission
from course_lib.grading.engine.pool import Grade, failed, graded, mode_of
from course_lib.notebooks.errors import CourseError

Check = Callable[[], Sequence[str]]
"""A function of a module, as workers import it by its name."""

CONNECT_SECONDS = 10.0
WORKER_SECONDS = 60.0
"""How long a cluster may be without any worker: a scaler or a batch queue needs time to start one."""
_AT_HAND = 3
"""Submissions that the cluster holds per thread of its workers: more would only wait in its memory."""
_LOOK_SECONDS = 1.0
LOST_AGAIN = "its workers were lost again and again"


class ClusterError(CourseError):
    """The cluster cannot be used, or not any more."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message, code)


def nothing_missing() -> list[str]:
    """For `run`: any worker will do."""
    return []


def run(
    bundle: Bundle,
    submissions: Iterable[Submission],
    grade: Grade,
    address: str,
    *,
    check: Check = nothing_missing,
    connect_seconds: float = CONNECT_SECONDS,
    worker_seconds: float = WORKER_SECONDS,
) -> Iterator[Result]:
    """Results in the order in which they are ready, one per submission, from the cluster at `address`.

    A submission that fails is graded once more, unless it was its workers that were lost.

    check: says on a worker, one line each, what its machine lacks. A worker that lacks something, or has another
    version of this package or none, is an error at the start, and cannot join later. Raises ClusterError, also
    when there is no scheduler within `connect_seconds` or no worker for `worker_seconds`.
    """
    with _quiet(), _client(address, connect_seconds) as client:
        name = f"course-{uuid.uuid4().hex}"
        _await_workers(client, address, worker_seconds)
        _deliver(client, name, _Delivered(bundle, check, list(client.nthreads())), address)
        try:
            yield from _stream(client, name, bundle, iter(submissions), grade, address, worker_seconds)
        except CommClosedError as error:
            raise ClusterError(_GONE.format(address)) from error
        finally:
            with suppress(OSError):  # the scheduler is gone, and the bundle with it
                client.unregister_worker_plugin(name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Errors are said in one line by this module; Dask's own log would repeat each with a traceback."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def _client(address: str, seconds: float) -> Iterator[Client]:
    try:
        client = Client(address, timeout=seconds, set_as_default=False)
    except ValueError as error:
        raise ClusterError(f"--scheduler {address}: {error}; give tcp://HOST:PORT", 2) from error
    except (OSError, TimeoutError) as error:
        raise ClusterError(
            f"--scheduler {address}: no Dask scheduler answers there within {seconds:g} s"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=5)


def _await_workers(client: Client, address: str, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError:
        raise _no_workers(address, seconds) from None


def _no_workers(address: str, seconds: float) -> ClusterError:
    return ClusterError(
        f"the scheduler {address} has had no worker for {seconds:g} s: start some and run the same command "
        "again; what is graded is kept"
    )


def _deliver(client: Client, name: str, delivery: _Delivered, address: str) -> None:
    try:
        client.register_plugin(delivery, name=name)
    except Exception as error:  # whatever the worker's own import of this package raised
        said = str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {error}"
        raise ClusterError(f"the workers of {address} cannot grade: {' '.join(said.split())}") from error


class Unfit(Exception):
    """A worker that must not grade; the text says why, and what to do."""


class _Delivered(WorkerPlugin):
    """What a worker needs; Dask hands it to every worker, those that join later included."""

    def __init__(self, bundle: Bundle, check: Check, present: Collection[str]) -> None:
        self.bundle = bundle
        self.check = check
        self.present = present
        """Addresses of the workers that are there when a class begins."""
        self.version = VERSION

    def setup(self, worker: Worker) -> None:
        """On the worker: refuse to join where grading would fail."""
        unfit = self.unfit()
        if unfit and worker.address not in self.present:
            # Dask lets a worker join all the same when a plugin fails; what it gets until it is gone goes back.
            worker.loop.add_callback(worker.close, reason=f"cannot grade: {unfit}")
        if unfit:
            raise Unfit(unfit)

    def unfit(self) -> str:
        """Why this process must not grade, if it must not."""
        if self.version != VERSION:
            return f"course-lib there has grading engine {VERSION}, not {self.version}: install the same"
        return "; ".join(self.check())


def _grade(name: str, grade: Grade, submission: Submission) -> Result:
    """On the worker: grade with the bundle that was delivered under `name`."""
    delivered = get_worker().plugins[name]
    assert isinstance(delivered, _Delivered)
    if delivered.unfit():
        raise Reschedule
    return graded(grade, delivered.bundle, submission)


def _stream(
    client: Client,
    name: str,
    bundle: Bundle,
    submissions: Iterator[Submission],
    grade: Grade,
    address: str,
    worker_seconds: float,
) -> Iterator[Result]:
    done: queue.SimpleQueue[Future] = queue.SimpleQueue()
    open_: dict[object, tuple[Future, Submission]] = {}
    again: set[object] = set()
    number = 0

    def hand_in(submission: Submission) -> object:
        nonlocal number
        number += 1
        future = client.submit(_grade, name, grade, submission, key=f"{name}-{number}", pure=False, retries=0)
        open_[future.key] = future, submission
        future.add_done_callback(done.put)
        return future.key

    seen = time.monotonic()
    more = True
    try:
        while True:
            threads = sum(client.nthreads().values())
            if threads:
                seen = time.monotonic()
            while more and len(open_) < _AT_HAND * max(1, threads):
                submission = next(submissions, None)
                if submission is None:
                    more = False
                    break
                hand_in(submission)
            if not open_:
                return
            try:
                future = done.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if client.status != "running":
                    raise ClusterError(_GONE.format(address)) from None
                if time.monotonic() > seen + worker_seconds:
                    raise _no_workers(address, worker_seconds) from None
                continue
            _, submission = open_.pop(future.key)
            result = _result(future, bundle, submission, grade, address)
            # What cost several workers is not given any more of them.
            if result.status == FAILED and result.reason != LOST_AGAIN and future.key not in again:
                again.add(hand_in(submission))
            else:
                yield result
    finally:
        with suppress(OSError):
            client.cancel([future for future, _ in open_.values()], force=True)


_GONE = "the scheduler {} is gone: start it and run the same command again; what is graded is kept"


def _result(future: Future, bundle: Bundle, submission: Submission, grade: Grade, address: str) -> Result:
    if future.status == "finished":
        return future.result()
    if future.status in ("cancelled", "lost"):
        raise ClusterError(_GONE.format(address))
    error = future.exception()
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, KilledWorker):
        reason = LOST_AGAIN
    return failed(bundle, submission, reason, mode_of(grade))
