"""``course run``: execute chapters in parallel child processes; keep what is fresh, prove what ran."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbformat import NotebookNode
from tqdm import tqdm

from course_lib.notebooks import cache, verify
from course_lib.notebooks.environment import cores, kernel_environment, needs_cold_kernel
from course_lib.notebooks.errors import CourseError, Problem
from course_lib.notebooks.layout import Project
from course_lib.notebooks.lint import parameters
from course_lib.notebooks.projections import project as project_notebook
from course_lib.notebooks.source import Source

CELL_TIMEOUT = {"quick": 300, "full": 4 * 3600}  # seconds
_STOP_GRACE = 5.0  # seconds between asking a worker to end and ending it


@dataclass
class Task:
    """One notebook to execute, and what became of it."""

    source: Source
    framework: str
    nb: NotebookNode
    key: str
    output: Path
    state: str = "waiting"  # fresh, ran, failed
    executed: NotebookNode | None = None
    problems: list[str] = field(default_factory=list)
    over_budget: Problem | None = None
    traceback: str = ""

    @property
    def label(self) -> str:
        return self.source.name if self.framework == "both" else f"{self.source.name} [{self.framework}]"

    @property
    def cells(self) -> int:
        return sum(cell.cell_type == "code" for cell in self.nb.cells)

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.executed.metadata.course) if self.executed is not None else {}


@dataclass(frozen=True)
class Settings:
    """How notebooks are executed; ``device`` is resolved (``cpu`` or ``cuda``)."""

    profile: str = "quick"
    device: str = "cpu"
    frameworks: tuple[str, ...] = ("both",)
    jobs: int = 1
    force: bool = False
    warm: bool = True
    offline: bool = True
    budget: verify.Budget = field(default_factory=verify.Budget)

    @property
    def threads(self) -> int:
        """One thread per notebook in the quick profile, so that numbers do not depend on the machine."""
        return 1 if self.profile == "quick" else max(1, cores() // self.jobs)


class Interrupted(CourseError):
    """Ctrl-C: kernels are gone, finished chapters are kept."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__(
            f"interrupted: {done} of {total} notebooks are done and kept; run again to go on", code=130
        )


def run(
    project: Project, sources: Sequence[Source], settings: Settings, out: TextIO | None = None
) -> list[Task]:
    """Execute every source that is not fresh; returns one finished task per source and framework.

    Progress goes to ``out`` (default: standard error).  A failing notebook does not stop the others.
    """
    out = out or sys.stderr
    tasks = plan(project, sources, settings)
    waiting = [task for task in tasks if task.state == "waiting"]
    if waiting:
        _execute(project, waiting, settings, out)
    for task in tasks:
        _judge(task, settings)
    return tasks


def plan(project: Project, sources: Sequence[Source], settings: Settings) -> list[Task]:
    """One task per source and framework; those with a fresh execution are already ``fresh``."""
    around = cache.surroundings(project)
    tasks = []
    for source in sources:
        for framework in settings.frameworks:
            nb = project_notebook(source.nb, framework)
            key = cache.execution_key(nb, settings.profile, settings.device, framework, around)
            path = cache.executed_path(project, source.path, settings.profile, settings.device, framework)
            task = Task(source, framework, nb, key, path)
            found = None if settings.force else cache.fresh(path, key)
            if found is not None:
                task.state, task.executed = "fresh", found
            tasks.append(task)
    return tasks


def _judge(task: Task, settings: Settings) -> None:
    """Look at what an execution left; also at a fresh one, whose tags and alt text may have changed."""
    if task.executed is None:
        return
    found: list[Problem] = verify.unproven(task.source, task.executed)
    found += verify.broken_promises(task.source, task.executed)
    if found:
        task.state = "failed"
        task.problems += [str(problem) for problem in found]
    # The budget is one for processors: a GPU's libraries alone take more memory.
    if settings.profile == "quick" and settings.device == "cpu":
        task.over_budget = settings.budget.exceeded(task.source, task.executed)


def _execute(project: Project, waiting: list[Task], settings: Settings, out: TextIO) -> None:
    # The longest first, by what each took last time: the last one to end sets the wall clock.
    def last_cost(task: Task) -> float:
        previous = cache.read_executed(task.output)
        return previous.metadata.course.get("cpu_s", 0.0) if previous is not None else float(task.cells)

    pending: queue.SimpleQueue[Task] = queue.SimpleQueue()
    for task in sorted(waiting, key=last_cost, reverse=True):
        pending.put(task)
    events: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    total = sum(task.cells for task in waiting)
    done = 0
    with _scratch() as folder, _progress(total, out) as bar:
        count = max(1, min(settings.jobs, len(waiting)))
        workers = [_Worker(project, settings, folder, pending, events) for _ in range(count)]
        try:
            for worker in workers:
                worker.start()
            while done < len(waiting):
                kind, value = events.get()
                if kind == "cell":
                    bar.update(1)
                elif kind == "done":
                    done += 1
                    bar.say(value, done, len(waiting))
                else:
                    raise value
        except KeyboardInterrupt:
            raise Interrupted(done, len(waiting)) from None
        finally:
            _stop(workers)


def _stop(workers: list[_Worker]) -> None:
    with _deaf_to_interrupts():
        for worker in workers:
            worker.stop()
        for worker in workers:
            worker.join(_STOP_GRACE)
            worker.kill()


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """A second Ctrl-C must not leave kernels behind while the first is being obeyed."""
    import signal

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A private folder for jobs and sockets."""
    folder = tempfile.mkdtemp(prefix="course-")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Progress:
    """A bar over the cells of all notebooks on a terminal, one line per finished notebook elsewhere."""

    def __init__(self, total: int, out: TextIO) -> None:
        self.out = out
        terminal = out.isatty()
        self.bar = tqdm(total=total, unit="cell", file=out, disable=not terminal, leave=False, desc="cells")

    def update(self, count: int) -> None:
        self.bar.update(count)

    def say(self, task: Task, done: int, total: int) -> None:
        verb = "failed" if task.state == "failed" else "ran"
        line = f"[{done}/{total}] {verb} {task.label}"
        if not self.bar.disable:
            self.bar.set_description_str(f"{done}/{total} chapters")
        else:
            print(line, file=self.out, flush=True)


@contextlib.contextmanager
def _progress(total: int, out: TextIO) -> Iterator[_Progress]:
    progress = _Progress(total, out)
    try:
        yield progress
    finally:
        progress.bar.close()


class _Worker(threading.Thread):
    """Feeds one child process from the queue and passes its events on."""

    def __init__(
        self,
        project: Project,
        settings: Settings,
        folder: Path,
        pending: queue.SimpleQueue[Task],
        events: queue.SimpleQueue[tuple[str, Any]],
    ) -> None:
        super().__init__(daemon=True)
        self.project, self.settings, self.folder = project, settings, folder
        self.pending, self.events = pending, events
        self.process: subprocess.Popen[str] | None = None
        self.log = tempfile.TemporaryFile("w+", encoding="utf8", errors="replace")  # noqa: SIM115 (closed in run)
        self.stopping = threading.Event()
        self.guard = threading.Lock()

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                try:
                    task = self.pending.get_nowait()
                except queue.Empty:
                    break
                self._serve(task)
                if not self.stopping.is_set():
                    self.events.put(("done", task))
        except Exception as error:  # handed to the main thread, which raises it
            self.events.put(("error", error))
        finally:
            self._end_process()
            self.log.close()

    def _serve(self, task: Task) -> None:
        process = self._alive()
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        job = self._job(task)
        try:
            process.stdin.write(json.dumps(job) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                event = json.loads(line)
                if event["event"] == "cell":
                    self.events.put(("cell", task))
                elif event["event"] == "done":
                    self._finish(task, event)
                    return
        except BrokenPipeError:
            self.process = None
        if not self.stopping.is_set():
            self._lost(task)

    def _alive(self) -> subprocess.Popen[str] | None:
        with self.guard:
            if self.stopping.is_set():
                return None
            if self.process is None or self.process.poll() is not None:
                settings = self.settings
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "course_lib.notebooks.worker", str(os.getpid()), str(self.folder)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self.log,
                    text=True,
                    encoding="utf8",
                    env=kernel_environment(settings.device, threads=settings.threads, warm=settings.warm),
                    start_new_session=True,  # Ctrl-C on the terminal reaches us only; we tell the workers
                )
            return self.process

    def _job(self, task: Task) -> dict[str, Any]:
        settings = self.settings
        handle, name = tempfile.mkstemp(dir=self.folder, suffix=".ipynb")
        with os.fdopen(handle, "w", encoding="utf8") as file:
            nbformat.write(task.nb, file)
        default = parameters(task.source).get("PROFILE")
        return {
            "input": name,
            "output": str(task.output),
            "parameters": {} if settings.profile == default else {"PROFILE": settings.profile},
            "cwd": str(task.source.path.parent),
            "timeout": CELL_TIMEOUT[settings.profile],
            "offline": settings.offline,
            "cold": needs_cold_kernel(task.nb),
            "metadata": {
                "profile": settings.profile,
                "framework": task.framework,
                "device": settings.device,
                "key": task.key,
            },
        }

    def _finish(self, task: Task, event: dict[str, Any]) -> None:
        if event["ok"]:
            task.state = "ran"
            task.executed = cache.fresh(task.output, task.key)
            if task.executed is None:
                raise CourseError(f"{task.label}: its execution was not stored in {task.output}", code=1)
            return
        task.state = "failed"
        task.traceback = event["traceback"]
        task.problems.append(_failure(task, event))

    def _lost(self, task: Task) -> None:
        code = self.process.wait() if self.process else "?"
        self.log.seek(0)
        last = (self.log.read().strip().splitlines() or ["no message"])[-1]
        task.state = "failed"
        task.problems.append(f"{task.label}: the process that ran it ended with status {code}: {last}")

    def stop(self) -> None:
        """Ask the child to kill its kernel and end."""
        with self.guard:
            self.stopping.set()
            if self.process is not None and self.process.poll() is None:
                self.process.terminate()

    def kill(self) -> None:
        with self.guard:
            if self.process is not None and self.process.poll() is None:
                self.process.kill()

    def _end_process(self) -> None:
        with self.guard:
            process = self.process
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()
        process.stdout.close()


def _failure(task: Task, event: dict[str, Any]) -> str:
    """One line for a cell that failed: file, line, cell, exception."""
    index = task.source.position(event["cell_id"]) if event["cell_id"] else None
    suffix = "" if task.framework == "both" else f" [{task.framework}]"
    if index is None:
        return f"{task.source.name}:1:{suffix} {event['error']}"
    line = task.source.lines[index] + (event["line"] or 1) - 1
    return f"{task.source.name}:{line}: cell {index + 1}{suffix}: {event['error']}"


def summary(tasks: Sequence[Task]) -> str:
    """The table people read at the end."""
    width = max([len(task.label) for task in tasks] + [8])
    rows = [
        f"{'notebook':<{width}} {'cells':>5} {'CPU s':>7} {'wall s':>7} {'peak MB':>8} {'kernel':>6}  status"
    ]
    for task in tasks:
        facts = task.facts
        state = "over budget" if task.over_budget and task.state != "failed" else task.state
        if facts:
            kernel = "warm" if facts["warm"] else "cold"
            numbers = f"{facts['cpu_s']:>7.1f} {facts['wall_s']:>7.1f} {facts['peak_mb']:>8.0f} {kernel:>6}"
        else:
            numbers = f"{'-':>7} {'-':>7} {'-':>8} {'-':>6}"
        rows.append(f"{task.label:<{width}} {task.cells:>5} {numbers}  {state}")
    ran = [task for task in tasks if task.state == "ran"]
    fresh = sum(task.state == "fresh" for task in tasks)
    failed = sum(task.state == "failed" for task in tasks)
    rows.append(
        f"{len(ran)} ran, {fresh} fresh, {failed} failed; {sum(task.facts['cpu_s'] for task in ran):.1f} s of CPU"
    )
    return "\n".join(rows)


def complaints(tasks: Sequence[Task], verbose: bool = False) -> Iterator[str]:
    """Every failure, one line each; tracebacks below theirs when ``verbose``."""
    for task in tasks:
        yield from task.problems
        if verbose and task.traceback:
            yield task.traceback
        if task.over_budget:
            yield str(task.over_budget)
