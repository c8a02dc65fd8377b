"""A class of simulated students at the hub's exchange.

`python -m tests.hub.load --students 100 --out instructor/hub-load.json --picture instructor/images/hub-load.svg`

All of them fetch at the same moment, work, and hand in at the same moment, as before a deadline; while they hand in,
the exchange is killed once. Each is a process of its own with nbgrader's exchange, the course's client in it and a
token that the hub gave its user, and goes through the hub's proxy. Afterwards the instructor collects, and every
file is compared with what was sent.
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import multiprocessing
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.context import ForkProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import psutil
import requests
from jupyterhub import orm, roles
from nbformat.v4 import new_output
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeFactory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from course_lib.hub.exchange.client import Client
from course_lib.hub.place import COURSE
from tests.hub.centring import SLUG
from tests.hub.running import REPOSITORY, SECONDS, Hub, small_course, wait_until

BUDGET = 120.0
"""Seconds from the first fetch to the last submission that a hundred students may take on two cores."""

PICTURES, PICTURE_BYTES = 3, 100_000
"""What a solved notebook has besides text: as many figures as an exercise of the course, each of this size."""

_SETTINGS = REPOSITORY / "hub" / "local" / "everybody" / "nbgrader_config.py"
_RESULT = "result.json"


@dataclass
class Trip:
    """What one student saw: when fetching and handing in began and ended (time.monotonic), and what went wrong."""

    name: str
    fetch: tuple[float, float] = (0.0, 0.0)
    submit: tuple[float, float] = (0.0, 0.0)
    sent_bytes: int = 0
    error: str = ""


@dataclass
class Restart:
    """The end of the exchange while people hand in."""

    after: int = 0
    """Submissions that were acknowledged before."""
    at: float = 0.0
    away: float = 0.0
    """Seconds until it answered again."""


@dataclass
class Report:
    """A run, for people and for the guide. Times in seconds."""

    students: int
    cores: int
    busy: dict[str, float]
    python: str
    grading: bool
    fetched_bytes: int = 0
    submitted_bytes: int = 0
    total: float = 0.0
    fetch: dict[str, float] = field(default_factory=dict)
    submit: dict[str, float] = field(default_factory=dict)
    restart: dict[str, float] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    acknowledged: int = 0
    kept: int = 0
    """Submissions that the exchange has."""
    collected: int = 0
    exact: int = 0
    """Collected submissions that are what was sent, byte for byte."""
    collecting: float = 0.0
    each: dict[str, list[float]] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Nobody saw an error, and nothing is lost or there twice."""
        return not self.errors and {self.acknowledged, self.kept, self.collected, self.exact} == {
            self.students
        }


def measure(hub: Hub, students: int, grading: bool = True) -> Report:
    """The whole run on a running hub whose people are only the demonstration's."""
    # Before anything else asks for a processor.
    busy = {"processors": psutil.cpu_percent(2.0), "load": round(os.getloadavg()[0], 1)}
    report = Report(students, os.cpu_count() or 1, busy, platform.python_version(), grading)
    names = [f"student{number:03}" for number in range(students)]
    tokens = make_users(hub, names)
    Client(hub.exchange, hub.service_token()).add_students(COURSE, names)
    homes = hub.root / "students"
    trips, restart, sent = _class(hub, homes, tokens)
    _note(report, trips, restart)
    report.fetched_bytes = _size(hub.place.course / "release" / SLUG)
    _collect(hub, sent, report)
    return report


def make_users(hub: Hub, names: Sequence[str]) -> dict[str, str]:
    """Make users through the hub's API, each with a token of their own."""
    headers = {"Authorization": f"token {_administrator(hub)}"}
    api = f"{hub.url}/hub/api/users"
    requests.post(api, json={"usernames": list(names)}, headers=headers, timeout=60).raise_for_status()
    tokens = {}
    for name in names:
        answer = requests.post(
            f"{api}/{name}/tokens", json={"note": "load", "expires_in": 3600}, headers=headers, timeout=60
        )
        answer.raise_for_status()
        tokens[name] = answer.json()["token"]
    return tokens


def _administrator(hub: Hub) -> str:
    """A token of an administrator, made in the hub's database as `jupyterhub token` does: the course has none."""
    database = orm.new_session_factory(f"sqlite:///{hub.place.database}")()
    try:
        user = orm.User(name="load-administrator", admin=True)
        database.add(user)
        roles.grant_role(database, user, rolename="admin")
        return user.new_api_token(expires_in=3600)
    finally:
        database.close()


def _class(
    hub: Hub, homes: Path, tokens: dict[str, str]
) -> tuple[list[Trip], Restart, dict[str, dict[str, bytes]]]:
    """Everybody's trips, the restart in between, and the files that each has sent."""
    config = PyFileConfigLoader(str(_SETTINGS)).load_config()
    # Everything a student needs is imported by now: a fork is a server that has been running for a while.
    fork = multiprocessing.get_context("fork")
    fetch, submit = fork.Event(), fork.Event()
    people = []
    for name, token in tokens.items():
        home = homes / name
        home.mkdir(parents=True)
        person = fork.Process(target=_student, args=(name, token, hub.exchange, home, config, fetch, submit))
        person.start()
        people.append(person)
    try:
        fetch.set()
        ready = [homes / name / "ready" for name in tokens]
        wait_until(lambda: all(path.exists() for path in ready) or not _alive(people), "all have fetched")
        submit.set()
        results = [homes / name / _RESULT for name in tokens]
        restart = _restart_exchange(hub, lambda: sum(path.exists() for path in results), len(people))
        for person in people:
            person.join(SECONDS)
    finally:
        for person in people:
            if person.is_alive():
                person.kill()
            person.join()
    trips = [_trip(homes / name, name) for name in tokens]
    sent = {name: _content(homes / name / SLUG) for name in tokens}
    return trips, restart, sent


def _alive(people: Sequence[ForkProcess]) -> bool:
    return any(person.is_alive() for person in people)


def _student(
    name: str, token: str, exchange: str, home: Path, config: Config, fetch: Event, submit: Event
) -> None:
    """One student's process."""
    trip = Trip(name)
    try:
        os.chdir(home)
        logging.disable(logging.CRITICAL)
        environment = {"HOME": str(home), "JUPYTER_DATA_DIR": str(home / ".data"), "JUPYTERHUB_USER": name}
        os.environ.update(environment, JUPYTERHUB_API_TOKEN=token, NGSHARE_URL=exchange)
        fetch.wait(SECONDS)
        trip.fetch = _timed(lambda: _exchange("FetchAssignment", config))
        _solve(home / SLUG / f"{SLUG}.ipynb", name)
        trip.sent_bytes = _size(home / SLUG)
        (home / "ready").touch()
        submit.wait(SECONDS)
        trip.submit = _timed(lambda: _exchange("Submit", config))
    except BaseException as error:
        trip.error = f"{name}: {type(error).__name__}: {error}"
        (home / "ready").touch()
    finally:
        new = home / f".{_RESULT}"
        new.write_text(json.dumps(asdict(trip)))
        new.replace(home / _RESULT)


def _exchange(what: str, config: Config, root: Path | None = None) -> None:
    """What nbgrader's commands and its extension of JupyterLab do."""
    course = CourseDirectory(config=config)
    course.assignment_id = SLUG
    if root is not None:
        course.root = str(root)
    maker = getattr(ExchangeFactory(config=config), what)
    maker(coursedir=course, authenticator=Authenticator(config=config), config=config).start()


def _solve(path: Path, name: str) -> None:
    """Answers and figures in the notebook: everybody's are different."""
    notebook = nbformat.read(path, as_version=4)
    draw = random.Random(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    code[0].source += f"\n# {name}"
    for cell in code[:PICTURES]:
        picture = base64.b64encode(draw.randbytes(PICTURE_BYTES * 3 // 4)).decode()
        cell.outputs = [new_output("display_data", {"image/png": picture, "text/plain": "<Figure>"})]
    nbformat.write(notebook, path)


def _restart_exchange(hub: Hub, done: Callable[[], int], everybody: int) -> Restart:
    """Kill the exchange when a quarter has handed in; the hub starts it again."""
    end = time.monotonic() + SECONDS
    while done() < max(1, everybody // 4) and time.monotonic() < end:
        time.sleep(0.005)  # a whole class is through in seconds
    restart = Restart(done(), time.monotonic())
    assert hub.process is not None
    for process in psutil.Process(hub.process.pid).children(recursive=True):
        if "course_lib.hub.ngshare_service" in process.cmdline():
            process.kill()
    time.sleep(0.2)
    wait_until(lambda: _answers(f"{hub.exchange}/healthz"), "the exchange is back")
    restart.away = time.monotonic() - restart.at
    return restart


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=10).ok
    except requests.RequestException:
        return False


def _collect(hub: Hub, sent: dict[str, dict[str, bytes]], report: Report) -> None:
    """Collect as the instructor, and compare."""
    root = hub.root / "collected"
    token = hub.log_in("instructor").token()
    fork = multiprocessing.get_context("fork")
    begin = time.monotonic()
    instructor = fork.Process(target=_instructor, args=(token, hub.exchange, root))
    instructor.start()
    instructor.join(SECONDS)
    report.collecting = round(time.monotonic() - begin, 2)
    if instructor.exitcode != 0:
        report.errors.append(f"collecting ended with status {instructor.exitcode}")
        instructor.kill()
        instructor.join()
    setup = Client(hub.exchange, hub.service_token())
    report.kept = sum(one.student in sent for one in setup.submissions(COURSE, SLUG))
    for name, files in sent.items():
        folder = root / "submitted" / name / SLUG
        report.collected += folder.is_dir()
        report.exact += files.items() <= _content(folder).items()


def _instructor(token: str, exchange: str, root: Path) -> None:
    root.mkdir()
    os.chdir(root)
    logging.disable(logging.CRITICAL)
    environment = {
        "HOME": str(root),
        "JUPYTER_DATA_DIR": str(root / ".data"),
        "JUPYTERHUB_USER": "instructor",
    }
    os.environ.update(environment, JUPYTERHUB_API_TOKEN=token, NGSHARE_URL=exchange)
    _exchange("Collect", PyFileConfigLoader(str(_SETTINGS)).load_config(), root)


def _timed(act: Callable[[], None]) -> tuple[float, float]:
    begin = time.monotonic()
    act()
    return begin, time.monotonic()


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def _trip(home: Path, name: str) -> Trip:
    path = home / _RESULT
    if not path.exists():
        return Trip(name, error=f"{name}: the process died")
    told: dict[str, Any] = json.loads(path.read_text())
    return Trip(**told)


def _note(report: Report, trips: Sequence[Trip], restart: Restart) -> None:
    good = [trip for trip in trips if not trip.error]
    report.errors += [trip.error for trip in trips if trip.error]
    report.acknowledged = len(good)
    if not good:
        return
    first = min(trip.fetch[0] for trip in good)
    report.submitted_bytes = round(statistics.mean(trip.sent_bytes for trip in good))
    report.total = round(max(trip.submit[1] for trip in good) - first, 2)
    for what in ("fetch", "submit"):
        took = sorted(getattr(trip, what)[1] - getattr(trip, what)[0] for trip in good)
        median, late, longest = np.percentile(took, [50, 95, 100])
        figures = {"median": median, "95th percentile": late, "longest": longest}
        setattr(report, what, {name: round(float(value), 2) for name, value in figures.items()})
        report.each[what] = [round(seconds, 3) for seconds in took]
    report.restart = {
        "submitted before": restart.after,
        "at": round(restart.at - first, 2),
        "away": round(restart.away, 2),
    }


def draw(report: Report, path: Path) -> None:
    """How long each student waited, from the quickest to the slowest."""
    import matplotlib.pyplot as plt

    from course_lib.plots import curves

    title = f"{report.students} students at the same moment on {report.cores} processors"
    curves(
        {"fetch": report.each["fetch"], "submit, with a restart": report.each["submit"]},
        xlabel="students, from the quickest to the slowest",
        ylabel="seconds",
        title=title,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    plt.gcf().savefig(path, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run it on a hub of its own; the exit status says whether everything is complete and in time."""
    parser = argparse.ArgumentParser(description="A class of simulated students at the hub's exchange")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--out", type=Path, required=True, help="the report, a JSON file")
    parser.add_argument("--picture", type=Path, help="a picture of it, an SVG file")
    parser.add_argument("--no-grade-on-submit", action="store_true", help="the exchange alone")
    args = parser.parse_args(argv)
    arguments = ("--no-grade-on-submit",) if args.no_grade_on_submit else ()
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        hub = Hub(Path(folder), arguments)
        small_course(hub.course)
        hub.start()
        try:
            report = measure(hub, args.students, not args.no_grade_on_submit)
        finally:
            hub.stop()
    args.out.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    if args.picture:
        draw(report, args.picture)
    print(json.dumps({name: value for name, value in asdict(report).items() if name != "each"}, indent=1))
    return 0 if report.complete and report.total <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
