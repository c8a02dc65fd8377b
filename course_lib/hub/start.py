"""Starts the hub, prepares the course on it, and ends it with everything it has started."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from course_lib.grading import source
from course_lib.grading.engine.here import missing_for_strict
from course_lib.hub import accounts, confine, prepare, proxy
from course_lib.hub.place import EXCHANGE, GRADING, SETUP, Place
from course_lib.hub.ports import LOOPBACK, require_free
from course_lib.notebooks.errors import CourseError

CONFIG = Path(__file__).resolve().parents[2] / "hub" / "local" / "jupyterhub_config.py"
_READY_SECONDS = 240.0
_END_SECONDS = 40.0
_CONFINED = "servers see only their own home"
_OPEN = (
    "every server of this demo runs as you ({why}): "
    "for a real class use The Littlest JupyterHub or Kubernetes"
)
_PACKAGES = ("jupyterhub", "ngshare", "nbgrader", "jupyterlab")


class _Stopped(BaseException):
    """Somebody wants the hub to end."""


@dataclass(frozen=True)
class Wanted:
    """A hub as it is asked for. root: of the course, whose assignments it releases."""

    folder: Path
    root: Path
    port: int
    grade_on_submit: bool = True


def serve(wanted: Wanted) -> None:
    """Run the hub until Ctrl-C or SIGTERM; nothing that it has started is left then.

    Raises CourseError when something is missing, the folder or the port cannot be used, or the hub fails.
    """
    _require_installation()
    require_free(wanted.port)
    place = Place(wanted.folder.resolve())
    place.make()
    with _alone(place), _stoppable(), suppress(_Stopped):
        _serve(wanted, place)


def _serve(wanted: Wanted, place: Place) -> None:
    slugs = [path.stem for path in source.find(wanted.root)]
    if passwords := accounts.create(place):
        _say("Accounts of this new hub; the passwords are not shown again:")
        for name, password in passwords.items():
            _say(f"  {name:<12}{password}")
    if made := prepare.course_folder(place, wanted.root, slugs):
        _say(f"Made the student versions of {len(made)} assignments")
    address = f"http://{LOOPBACK}:{wanted.port}"
    obstacle = confine.obstacle()
    lacking = missing_for_strict() if wanted.grade_on_submit else []
    grading = wanted.grade_on_submit and not lacking
    with _running(place, wanted.port, grading=grading, confined=not obstacle) as hub:
        pages = [f"{address}/hub/health", f"{address}/services/{EXCHANGE}/healthz"]
        if grading:
            pages.append(f"{address}/services/{GRADING}/health")
        _wait_until_ready(hub, pages, place)
        client = prepare.Client(f"{address}/services/{EXCHANGE}", place.tokens()[SETUP])
        prepare.exchange(place, client, slugs)
        _say(f"The hub is ready: {address}")
        _say(f"  instructor: {address}/hub/user-redirect/formgrader (in a tab of its own)")
        _say(f"  its folder: {place.root}; its log: {place.log}")
        _say(f"  {_OPEN.format(why=obstacle) if obstacle else _CONFINED}")
        if lacking:
            _say(f"  submissions are not graded as they arrive, there is no sandbox: {'; '.join(lacking)}")
        _say("  Ctrl-C ends it; started again, nothing is lost")
        status = _wait_for_end(hub)
    raise CourseError(f"the hub ended by itself (status {status}): see {place.log}", code=1)


def _say(line: str) -> None:
    print(line, flush=True)


def _require_installation() -> None:
    if missing := [name for name in _PACKAGES if importlib.util.find_spec(name) is None]:
        raise CourseError(
            f"{', '.join(missing)} not installed: run `make hub`, or `pip install 'course-lib[hub]'`"
        )
    if not CONFIG.is_file():
        raise CourseError(f"there is no {CONFIG}: run `course hub` from a checkout of the course")
    proxy.check()


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Raises CourseError when another hub uses the folder."""
    handle = os.open(place.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CourseError(
            f"a hub runs in {place.root} already: end it first, or choose another --folder"
        ) from None
    else:
        yield
    finally:
        os.close(handle)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Within, a signal that asks for the end raises _Stopped."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise _Stopped

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, stop) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _running(place: Place, port: int, *, grading: bool, confined: bool) -> Iterator[subprocess.Popen[bytes]]:
    """The hub's process; at the end it is ended, and whatever is left of what it has started."""
    _adopt_orphans()
    with suppress(FileNotFoundError):
        place.log.replace(place.log.with_suffix(".log.before"))
    # alembic and jupyter-labhub lie beside the interpreter.
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)])
    environment = os.environ | {
        "PATH": path,
        "COURSE_HUB_FOLDER": str(place.root),
        "COURSE_HUB_PORT": str(port),
        "COURSE_HUB_GRADING": "1" if grading else "0",
        "COURSE_HUB_CONFINED": "1" if confined else "0",
    }
    with open(place.log, "wb") as log:
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", str(CONFIG)],
            cwd=place.run,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            umask=0o077,
            # Ctrl-C is for this process alone: it ends the hub in order.
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    try:
        yield hub
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        hub.terminate()
        try:
            hub.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            hub.kill()
            hub.wait()
        _end_orphans()


def _wait_for_end(hub: subprocess.Popen[bytes]) -> int:
    """The hub's exit status; adopted processes that end meanwhile are collected."""
    while True:
        pid, status = os.wait()
        if pid == hub.pid:
            hub.returncode = os.waitstatus_to_exitcode(status)
            return hub.returncode


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        from course_lib.kernels.sandbox.reaping import adopt_orphans

        adopt_orphans()


def _end_orphans() -> None:
    if sys.platform == "linux":
        from course_lib.kernels.sandbox.reaping import end_children

        end_children()


def _end_with_parent() -> None:
    """In the hub's process: a killed starter takes the hub with it, which then ends in order."""
    if sys.platform == "linux":
        from course_lib.kernels.sandbox import syscalls

        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_ready(hub: subprocess.Popen[bytes], pages: Sequence[str], place: Place) -> None:
    end = time.monotonic() + _READY_SECONDS
    for page in pages:
        while not _answers(page):
            if hub.poll() is not None:
                raise CourseError(f"the hub did not start: {_last_words(place.log)}: see {place.log}", code=1)
            if time.monotonic() > end:
                raise CourseError(f"{page} does not answer: see {place.log}", code=1)
            time.sleep(0.5)


def _answers(page: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(page, timeout=10) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "it said nothing"
