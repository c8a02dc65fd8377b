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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from distributed import Client, Future, WorkerPlugin, get_worker
from distributed.comm import CommClosedError
from distributed.scheduler import KilledWorker

from course_lib.grading.engine.model import VERSION, Bundle, Result, Submission
from course_lib.grading.engine.pool import Grade, failed, graded, mode_of
from course_lib.notebooks.errors import CourseError

CONNECT_SECONDS = 10.0
WORKER_SECONDS = 60.0
"""How long a cluster may be without any worker: a scaler or a batch queue needs time to start one."""
_AT_HAND = 3
"""Submissions that the cluster holds per thread of its workers: more would only wait in its memory."""
_LOOK_SECONDS = 1.0


class ClusterError(CourseError):
    """The cluster cannot be used, or not any more."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message, code)


def run(
    bundle: Bundle,
    submissions: Iterable[Submission],
    grade: Grade,
    address: str,
    *,
    connect_seconds: float = CONNECT_SECONDS,
    worker_seconds: float = WORKER_SECONDS,
) -> Iterator[Result]:
    """Results in the order in which they are ready, one per submission, from the cluster at `address`.

    Raises ClusterError when there is no scheduler within `connect_seconds`, no worker for `worker_seconds`,
    or when the workers have another version of this package or none.
    """
    with _quiet(), _client(address, connect_seconds) as client:
        name = f"course-{uuid.uuid4().hex}"
        _await_workers(client, address, worker_seconds)
        _deliver(client, name, bundle, address)
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


def _deliver(client: Client, name: str, bundle: Bundle, address: str) -> None:
    """Give every worker, present and future, the bundle; prove that it speaks our version."""
    try:
        client.register_plugin(_Delivered(bundle), name=name)
        versions = client.run(_version)
    except Exception as error:  # whatever the worker's own import of this package raised
        raise ClusterError(
            f"the workers of {address} cannot use course_lib: {type(error).__name__}: {error}; install the same "
            "version there"
        ) from error
    others = {version for version in versions.values() if version != VERSION}
    if others:
        raise ClusterError(
            f"the workers of {address} have grading engine {others.pop()}, not {VERSION}: install the same version"
        )


class _Delivered(WorkerPlugin):
    """The bundle on a worker; Dask hands it to every worker that joins."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle


def _version() -> int:
    return VERSION


def _grade(name: str, grade: Grade, submission: Submission) -> Result:
    """On the worker: grade with the bundle that was delivered under `name`."""
    delivered = get_worker().plugins[name]
    assert isinstance(delivered, _Delivered)
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
    number = 0
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
                number += 1
                future = client.submit(
                    _grade, name, grade, submission, key=f"{name}-{number}", pure=False, retries=0
                )
                open_[future.key] = future, submission
                future.add_done_callback(done.put)
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
            yield _result(future, bundle, submission, grade, address)
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
        reason = "its workers were lost again and again"
    return failed(bundle, submission, reason, mode_of(grade))
