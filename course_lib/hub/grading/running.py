"""The running service: one task looks into the exchange, one for each worker grades, the web server shows."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import signal
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlparse

from jupyterhub.services.auth import HubOAuth
from tornado.httpserver import HTTPServer

from course_lib.grading.engine.basket import Basket
from course_lib.grading.engine.here import missing_for_strict
from course_lib.grading.engine.model import Submission
from course_lib.hub.exchange.client import Client, ExchangeFailure
from course_lib.hub.grading import web
from course_lib.hub.grading.assignments import Assignments
from course_lib.hub.grading.policy import VISIBLE
from course_lib.hub.grading.queue import DONE, FAILED, Job, Queue
from course_lib.hub.grading.watch import Watcher
from course_lib.hub.grading.workers import Closed, Worker
from course_lib.kernels import client as warm
from course_lib.kernels import sandbox, wire
from course_lib.notebooks.errors import CourseError

_POLL_SECONDS = 1.0
_PUT_OFF_SECONDS = 30.0
_PATIENCE = 3.0
"""Seconds for a call of the exchange while it does not answer; the job is put off then."""
_WARM_SECONDS = 7200
"""How long the engine's warm servers stay without work."""
_USED_EVERY = _WARM_SECONDS / 2
_LONGEST_FOLDER = 60

_log = logging.getLogger("course.grading")


class _Setting:
    """What the hub said in the environment. Raises CourseError for a variable that is missing."""

    def __init__(self) -> None:
        self.bind = urlparse(_variable("JUPYTERHUB_SERVICE_URL"))
        self.prefix = _variable("JUPYTERHUB_SERVICE_PREFIX")
        self.exchange = _variable("NGSHARE_URL")
        self.token = _variable("NGSHARE_TOKEN")
        _variable("JUPYTERHUB_API_TOKEN")

    def client(self, patience: float) -> Client:
        """A client of the exchange of one's own: it is used by one thread at a time."""
        return Client(self.exchange, self.token, patience)


def _variable(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise CourseError(f"{name} is not set: the hub runs this service, see the instructor's guide")
    return value


async def serve(folder: Path, course: Path, hourly: int) -> None:
    """Run until SIGTERM or SIGINT. Raises CourseError when the service cannot run here."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    setting = _Setting()
    assignments = Assignments(course)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # The workers inherit this process's environment, and no secrets.
    HubOAuth.instance(api_token=os.environ.pop("JUPYTERHUB_API_TOKEN"))
    del os.environ["NGSHARE_TOKEN"]
    os.environ[wire.DIR_VARIABLE] = str(_sockets(folder))
    os.environ[warm.IDLE_VARIABLE] = str(_WARM_SECONDS)
    queue = Queue(folder / "grading.db", hourly)
    service = Service(setting, assignments, queue)
    pages = web.application(setting.prefix, assignments.course, queue, lambda: service.due)
    server = HTTPServer(pages)
    server.listen(setting.bind.port or 80, setting.bind.hostname or "127.0.0.1")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await service.run(stop)
    finally:
        server.stop()
        await asyncio.to_thread(warm.stop_servers)
        queue.close()


def _sockets(folder: Path) -> Path:
    """A folder for the warm servers' sockets: the same after a restart, and with a short name."""
    own = folder.resolve() / "warm"
    if len(str(own)) <= _LONGEST_FOLDER:
        return own
    digest = hashlib.sha256(os.fsencode(own)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"course-grading-{digest}"


def _level() -> str:
    """The sandbox of this machine. Raises CourseError where it has none that strict grading may use."""
    if lacking := missing_for_strict():
        raise CourseError(
            f"this machine cannot keep submissions in a sandbox: {'; '.join(lacking)}; run the hub without "
            "grading on submission, or on another machine"
        )
    return sandbox.protections().level()


class Service:
    """The tasks of a running service."""

    def __init__(self, setting: _Setting, assignments: Assignments, queue: Queue) -> None:
        self.assignments = assignments
        self.queue = queue
        self.due: Mapping[str, datetime | None] = {}
        """When each assignment is due; kept up to date for the pages."""
        self._setting = setting
        self._watcher = Watcher(setting.client(0.0), assignments.course, queue)
        self._news = asyncio.Condition()
        self._cold: list[str] = []
        """Assignments whose warm server has to be started, or kept."""
        self._warmed: set[tuple[str, ...]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch and grade until `stop` is set; what is being graded then is graded again by the next service.

        Raises CourseError where the machine cannot grade.
        """
        level = await asyncio.to_thread(_level)
        many = max(2, len(os.sched_getaffinity(0)))
        workers = [await asyncio.to_thread(Worker, level) for _ in range(many)]
        tasks = [asyncio.create_task(self._watch()), *(asyncio.create_task(self._grade(w)) for w in workers)]
        stopped = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()  # a defect ends the service; the hub starts it again
        finally:
            for task in [*tasks, stopped]:
                task.cancel()
            for worker in workers:
                worker.close()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)

    async def _watch(self) -> None:
        said, warm_again = "", 0.0
        while True:
            try:
                self.due = await asyncio.to_thread(self.assignments.due)
                if time.monotonic() >= warm_again:
                    warm_again = time.monotonic() + _USED_EVERY
                    self._warmed.clear()
                    self._cold = sorted(self.due)
                added = await asyncio.to_thread(self._watcher.look, self.due)
            except CourseError as error:
                added = 0
                if str(error) != said:
                    said = str(error)
                    _log.warning("%s", said)
            else:
                said = ""
            if added:
                async with self._news:
                    self._news.notify_all()
            await asyncio.sleep(_POLL_SECONDS)

    async def _grade(self, worker: Worker) -> None:
        exchange = self._setting.client(_PATIENCE)
        while True:
            job = await asyncio.to_thread(self.queue.take)
            if job is not None:
                await asyncio.to_thread(self._grade_one, worker, exchange, job)
                continue
            if self._cold:
                await asyncio.to_thread(self._warm, worker, self._cold.pop())
                continue
            async with self._news:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), _POLL_SECONDS)

    def _warm(self, worker: Worker, name: str) -> None:
        """Grade an assignment of which nothing was answered: what it imports is imported then."""
        with suppress(CourseError, Closed):  # a submission will say what is wrong
            bundle = self.assignments.bundle(name, VISIBLE)
            if bundle.preload not in self._warmed:
                self._warmed.add(bundle.preload)
                empty = {f"{notebook.name}.ipynb": b'{"cells": []}' for notebook in bundle.notebooks}
                worker.grade(bundle, Submission("", empty), VISIBLE)

    def _grade_one(self, worker: Worker, exchange: Client, job: Job) -> None:
        """Grade a job and keep what came of it, whatever that is."""
        started = time.monotonic()
        try:
            bundle = self.assignments.bundle(job.assignment, job.scope)
        except CourseError as error:
            _log.warning("%s", error)
            self.queue.put_off(job, _PUT_OFF_SECONDS, str(error))
            return
        try:
            _, files = exchange.submission(self.assignments.course, job.assignment, job.student, job.received)
        except ExchangeFailure as error:
            if 400 <= error.status < 500:
                self.queue.finish(job, FAILED, reason=str(error))
            else:
                self.queue.put_off(job, _PUT_OFF_SECONDS, str(error))
            return
        except CourseError as error:  # a file that no folder can hold
            self.queue.finish(job, FAILED, reason=str(error))
            return
        basket = Basket()
        for path, content in files.items():
            if basket.accepts(path):
                basket.add(path, content, basket.most())
        submission = Submission(job.student, basket.files, job.moment, tuple(basket.problems))
        try:
            found = worker.grade(bundle, submission, job.scope)
        except Closed:
            return  # it stays as it is, and is graded again after the next start
        self.queue.finish(
            job,
            FAILED if found.failed else DONE,
            reason=found.problem,
            points=found.points,
            of=found.of,
            tests=found.tests,
            pages=found.pages,
        )
        _log.info("graded %s of a student in %.1f s", job.assignment, time.monotonic() - started)
