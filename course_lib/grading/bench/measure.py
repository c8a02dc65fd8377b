"""The whole measurement, in an order that is fair to both sides, kept as plain data."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from course_lib.grading.bench import corpora, engine_runs, stock_runs
from course_lib.grading.bench.corpora import Course
from course_lib.grading.bench.engine_runs import EngineRun, Latency
from course_lib.grading.bench.memory import Watch
from course_lib.grading.bench.stock_runs import StockRun
from course_lib.grading.engine.model import COMPAT, STRICT
from course_lib.grading.records.gradebook import rows

ENGINE = ((STRICT, 1), (STRICT, 2), (COMPAT, 2))
"""Modes and numbers of workers that are measured."""

_MOST_LATENCIES = 60
_MEMORY_SIZE = 24
"""Submissions of the untimed run in which memory is watched."""

_PACKAGES = ("nbgrader", "torch", "tensorflow-cpu", "tensorflow", "keras", "numpy")


@dataclass
class Settings:
    """size: submissions of a class. stock: how many of them stock nbgrader grades. seed: of the classes."""

    size: int = 100
    stock: int | None = None
    repetitions: int = 3
    seed: int = 0
    corpora: Sequence[str] = tuple(corpora.CORPORA)

    def steps(self) -> int:
        """Submissions that will be graded altogether, for a progress bar."""
        first = min(self.stock or self.size, self.size)
        watched = min(_MEMORY_SIZE, self.size)
        engine = self.repetitions * len(ENGINE) * self.size
        return len(self.corpora) * (len(stock_runs.CONFIGURATIONS) * first + engine + watched)


@dataclass
class Measured:
    """What was measured of one corpus.

    memory_mb: largest private memory of each kernel seen; concurrent: most kernels at a time meanwhile.
    compared, different: grade rows in the gradebooks of stock nbgrader and of the compat mode, and those that
    are not the same, one line each.
    """

    size: int
    stock: list[StockRun] = field(default_factory=list)
    engine: list[EngineRun] = field(default_factory=list)
    latency: Latency = field(default_factory=lambda: Latency(STRICT))
    memory_mb: list[float] = field(default_factory=list)
    concurrent: int = 0
    compared: int = 0
    different: list[str] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Measured:
        """The inverse of `to_json`. Raises TypeError or KeyError for anything else."""
        stock = [StockRun(**run) for run in data["stock"]]
        engine = [EngineRun(**run) for run in data["engine"]]
        latency = Latency(**data["latency"])
        return cls(**{**data, "stock": stock, "engine": engine, "latency": latency})


def machine() -> dict[str, Any]:
    """What was measured on: enough to judge the figures by, nothing that names the machine."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    versions = {"Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "versions": versions,
    }


def measure(
    name: str, settings: Settings, progress: Callable[[str], Callable[[], None]] = lambda _: lambda: None
) -> Measured:
    """Measure one corpus.

    progress: called with what begins; what it returns is called after each submission.
    """
    first = min(settings.stock or settings.size, settings.size)
    measured = Measured(size=settings.size, machine=machine())
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        place = _Place(Path(folder))
        made = corpora.make(corpora.read(name), place.root / "made", settings.size, settings.seed)
        stock_rows: list[dict[str, Any]] = []
        compat_rows: list[dict[str, Any]] = []
        # Stock nbgrader before, between and after: whatever the machine does meanwhile meets both sides.
        todo = list(stock_runs.CONFIGURATIONS)
        for repetition in range(settings.repetitions):
            if todo:
                course, scratch = place.copy(made)
                named = todo.pop(0)
                run = stock_runs.run(
                    course, named, scratch, first=first, progress=progress(f"{name}: {named}")
                )
                measured.stock.append(run)
                stock_rows = stock_rows or _rows(course)
                place.clear(course, scratch)
            for mode, jobs in ENGINE:
                course, scratch = place.copy(made)
                label = f"{name}: {mode}, -j {jobs}, run {repetition + 1}"
                measured.engine.append(engine_runs.run(course, mode, jobs, scratch, progress=progress(label)))
                if mode == COMPAT and not compat_rows:
                    compat_rows = _rows(course)
                place.clear(course, scratch)
        for named in todo:
            course, scratch = place.copy(made)
            run = stock_runs.run(course, named, scratch, first=first, progress=progress(f"{name}: {named}"))
            measured.stock.append(run)
            place.clear(course, scratch)
        measured.compared, measured.different = compare(stock_rows, compat_rows)

        course, scratch = place.copy(made)
        progress(f"{name}: single submissions")
        measured.latency = engine_runs.latency(course, STRICT, scratch, min(_MOST_LATENCIES, settings.size))
        place.clear(course, scratch)

        course, scratch = place.copy(made, students=made.students[:_MEMORY_SIZE])
        watch = Watch(scratch)
        engine_runs.run(course, STRICT, 2, scratch, progress=progress(f"{name}: memory"), watch=watch.look)
        measured.memory_mb, measured.concurrent = watch.peaks, watch.concurrent
    return measured


def compare(stock: Iterable[dict[str, Any]], ours: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many rows of stock nbgrader's gradebook were compared, and one line per row that differs in ours."""
    mine = {_key(row): row for row in ours}
    found, compared = [], 0
    for row in stock:
        compared += 1
        other = mine.get(_key(row), {})
        fields = [field for field in row if row[field] != other.get(field)]
        if fields:
            what = ", ".join(f"{field} {row[field]!r} is {other.get(field)!r}" for field in fields)
            found.append(f"{' '.join(_key(row))}: {what}")
    return compared, found


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["student"], row["notebook"], row["cell"]


def _rows(course: Course) -> list[dict[str, Any]]:
    return rows(f"sqlite:///{course.root / 'gradebook.db'}", course.slug)


class _Place:
    """Copies of a course, each with an empty folder beside it; both are thrown away after a run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._number = 0

    def copy(self, made: Course, students: Sequence[str] | None = None) -> tuple[Course, Path]:
        self._number += 1
        root, scratch = self.root / f"course-{self._number}", self.root / str(self._number)
        shutil.copytree(made.root, root)
        scratch.mkdir()
        kept = made.students if students is None else tuple(students)
        for student in set(made.students) - set(kept):
            shutil.rmtree(root / "submitted" / student)
        return Course(root, made.slug, kept), scratch

    def clear(self, course: Course, scratch: Path) -> None:
        shutil.rmtree(course.root)
        shutil.rmtree(scratch)
