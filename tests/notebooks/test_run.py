"""Executing chapters: what runs, what is kept, what fails and how it is said. Real kernels, cold."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

from course_lib.kernels import Counts, counts, recording
from course_lib.notebooks import CourseError, Project, environment
from course_lib.notebooks.lint import lint_pages
from course_lib.notebooks.run import Settings, complaints, plan, summary
from course_lib.notebooks.verify import Budget

from .conftest import Write, cell, execute

COUNT = cell("from pathlib import Path\nwith Path('runs.txt').open('a') as f:\n    f.write(PROFILE + '\\n')")


def runs(course: Project) -> list[str]:
    return (course.root / "chapters" / "part" / "runs.txt").read_text().split()


def test_runs_once_and_says_what_it_took(course: Project, write: Write) -> None:
    write("one", COUNT, cell("x = sum(range(3_000_000))"), "\nText.\n", cell("x"))
    (task,) = execute(course, "one")
    assert (task.state, task.problems, task.over_budget) == ("ran", [], None)
    assert task.output == course.root / "_build/executed/quick-cpu/both/chapters/part/one.ipynb"
    nb = nbformat.read(task.output, as_version=4)
    nbformat.validate(nb)
    assert [c.execution_count for c in nb.cells if c.cell_type == "code"] == [1, 2, 3, 4]
    facts = nb.metadata.course
    assert {facts.profile, facts.framework, facts.device} == {"quick", "both", "cpu"}
    assert 0.01 < facts.cpu_s < 30
    assert 0 < facts.wall_s < 30
    assert 20 < facts.peak_mb < 1000
    assert facts.versions.python == ".".join(map(str, sys.version_info[:3]))
    assert {"torch", "keras", "tensorflow", "numpy"} <= set(facts.versions)
    assert facts.warm is False
    assert "papermill" not in nb.metadata
    out = io.StringIO()
    (again,) = execute(course, "one")
    assert again.state == "fresh"
    assert runs(course) == ["quick"]
    print(summary([again]), file=out)
    assert "1 fresh, 0 failed" in out.getvalue()


def test_code_library_and_pins_decide_what_is_fresh(course: Project, write: Write) -> None:
    path = write("one", COUNT)

    execute(course, "one")

    def state() -> str:
        return plan(course, lint_pages(course, [path])[0], Settings())[0].state

    assert state() == "fresh"
    path.write_text(path.read_text().replace("# A chapter", "# The chapter, better told"))
    assert state() == "fresh"
    toys = course.root / "course_lib" / "data" / "toys.py"
    before = toys.read_text()
    toys.write_text("SIZE = 2\n")
    assert state() == "waiting"
    toys.write_text(before)
    assert state() == "fresh"
    pins = course.root / "requirements.txt"
    pins.write_text(pins.read_text().replace("2.4", "2.5"))
    assert state() == "waiting"
    execute(course, "one")
    assert state() == "fresh"
    path.write_text(path.read_text().replace("SEED = 0", "SEED = 1"))
    assert state() == "waiting"
    assert len(runs(course)) == 2


def test_a_failing_cell_is_one_line_and_the_others_run(course: Project, write: Write) -> None:
    write(
        "bad",
        "\nText.\n",
        cell("def half(n):\n    return 1 / n"),
        cell("a = 1\nb = half(0)"),
        cell("never = 1"),
    )
    write("good", cell("print('fine')"))
    bad, good = execute(course)
    assert good.state == "ran"
    assert bad.state == "failed"
    assert bad.problems == ["chapters/part/bad.md:22: cell 5: ZeroDivisionError: division by zero"]
    assert not bad.output.exists()
    assert list(complaints([bad, good])) == bad.problems
    verbose = list(complaints([bad, good], verbose=True))
    assert "return 1 / n" in verbose[1]
    assert "failed" in summary([bad, good])
    assert [task.state for task in execute(course)] == ["failed", "fresh"]


def test_announced_failures(course: Project, write: Write) -> None:
    write("kept", cell("1 / 0", "raises-exception"), cell("x = 1"))
    write("broken", cell("1 / 1", "raises-exception"))
    broken, kept = execute(course)
    assert kept.state == "ran"
    assert [c.execution_count for c in kept.executed.cells if c.cell_type == "code"] == [1, 2, 3]
    assert broken.state == "failed"
    assert broken.problems == [
        "chapters/part/broken.md:15: cell 3: tagged raises-exception but raised nothing: drop the tag or mend it"
    ]


def test_a_kernel_that_dies(course: Project, write: Write) -> None:
    write("one", cell("import os\nos._exit(3)"))
    (task,) = execute(course)
    assert task.problems == [
        "chapters/part/one.md:14: cell 3: the kernel died: out of memory, or a crash in native code"
    ]


def test_over_budget(course: Project, write: Write) -> None:
    write("one", cell("x = bytearray(120_000_000)\nx[::4096] = b'1' * len(x[::4096])"))
    (task,) = execute(course, budget=Budget(cpu_s=0.001, peak_mb=100))
    (line,) = complaints([task])
    assert re.fullmatch(
        r"chapters/part/one.md:14: cell 3: over budget: .* s of CPU, the limit is 0.001 s and .* MB, the limit is "
        r"100 MB; this cell takes longest, .* s",
        line,
    )
    assert "over budget" in summary([task])
    (again,) = execute(course, budget=Budget(cpu_s=0.001))
    assert again.state == "fresh"
    assert again.over_budget  # a kept execution does not hide it


def test_profile_is_a_parameter(course: Project, write: Write) -> None:
    write("one", COUNT)
    (task,) = execute(course, profile="full")
    assert runs(course) == ["full"]
    assert task.facts["profile"] == "full"
    assert "quick-cpu" not in str(task.output)
    assert execute(course, profile="quick")[0].state == "ran"
    assert runs(course) == ["full", "quick"]


def test_projections_run_alone(course: Project, write: Write) -> None:
    sides = cell("side = 'torch'", "pytorch") + cell("side = 'keras'", "keras")
    write("one", sides, cell("print(side)"))
    tasks = execute(course, frameworks=("both", "pytorch", "keras"))
    printed = {task.framework: task.executed.cells[-1].outputs[0].text.strip() for task in tasks}
    assert printed == {"both": "keras", "pytorch": "torch", "keras": "keras"}
    assert [task.cells for task in tasks] == [4, 3, 3]


def test_no_network_no_gpu_one_thread(course: Project, write: Write) -> None:
    ask = "import os, socket\nprint(os.environ['CUDA_VISIBLE_DEVICES'], os.environ['OMP_NUM_THREADS'])"
    call = "socket.create_connection(('192.0.2.1', 80), timeout=1)"
    write("one", cell(ask), cell(call, "raises-exception"))
    (task,) = execute(course)
    assert task.executed.cells[2].outputs[0].text == "-1 1\n"
    error = task.executed.cells[3].outputs[0]
    assert error.ename == "OSError"
    assert "offline" in error.evalue


def test_figures_need_alt_text(course: Project, write: Write) -> None:
    draw = "from IPython.display import SVG, display\ndisplay(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))"
    path = write("one", cell(draw))
    (task,) = execute(course)
    assert task.problems == [
        "chapters/part/one.md:14: cell 3: draws a figure without alt text: add `mystnb: {image: {alt: …}}`"
    ]
    described = "```{code-cell}\n---\nmystnb: {image: {alt: Nothing to see.}}\n---\nfrom"
    path.write_text(path.read_text().replace("```{code-cell}\nfrom", described))
    assert [(task.state, task.problems) for task in execute(course)] == [("fresh", [])]


def test_compared_cells_must_print(course: Project, write: Write) -> None:
    write("one", cell("quiet = 1", "nbval-check-output"))
    (task,) = execute(course)
    assert task.problems == [
        "chapters/part/one.md:15: cell 3: tagged nbval-check-output but prints nothing: drop the tag"
    ]


INTERRUPTED = """
import sys
from pathlib import Path
from course_lib.notebooks import Project, CourseError
from course_lib.notebooks.lint import lint_pages
from course_lib.notebooks.run import Settings, run
course = Project(Path(sys.argv[1]))
try:
    run(course, lint_pages(course, course.select([]))[0], Settings(jobs=1, warm=sys.argv[2] == "warm"))
except CourseError as error:
    print(error)
    sys.exit(error.code)
"""


@pytest.fixture(params=["cold", "warm"])
def kernels(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both kinds of kernels; the warm server of the test imports next to nothing, and leaves soon."""
    folder = tempfile.mkdtemp(prefix="course-")  # short: it holds sockets
    monkeypatch.setenv("COURSE_WARM_DIR", folder)
    monkeypatch.setenv("COURSE_WARM_PRELOAD", "json")
    monkeypatch.setenv("COURSE_WARM_IDLE", "1")
    yield request.param
    shutil.rmtree(folder, ignore_errors=True)


def start_and_wait_for_the_second_chapter(
    course: Project, write: Write, kernels: str
) -> tuple[subprocess.Popen[str], Path, int]:
    """A run in a process of its own: the first chapter is done, the second sleeps in its kernel."""
    write("first", COUNT, *[cell(f"x = {n}") for n in range(5)])  # more cells: starts first
    sleeping = course.root / "sleeping"
    note = f"from pathlib import Path\nPath({str(sleeping)!r}).write_text(str(os.getpid()))"
    nap = f"import os, time\n{note}\ntime.sleep(NAP)"
    path = write("second", cell("NAP = 60"), cell(nap))
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(course.root), kernels],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not sleeping.exists() or not sleeping.read_text():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process, path, int(sleeping.read_text())


def gone(pids: list[int], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids):
            return True
        time.sleep(0.05)
    return False


def test_interrupt_and_resume(course: Project, write: Write, kernels: str) -> None:
    process, path, kernel = start_and_wait_for_the_second_chapter(course, write, kernels)
    family = [child.pid for child in psutil.Process(process.pid).children()] + [kernel]
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out.strip() == "interrupted: 1 of 2 notebooks are done and kept; run again to go on"
    assert gone(family)
    path.write_text(path.read_text().replace("NAP = 60", "NAP = 0"))
    settings = {"warm": kernels == "warm"}
    assert {task.source.slug: task.state for task in execute(course, **settings)} == {
        "first": "fresh",
        "second": "ran",
    }
    assert runs(course) == ["quick"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_no_orphans_when_the_run_is_killed(course: Project, write: Write, kernels: str) -> None:
    process, _, kernel = start_and_wait_for_the_second_chapter(course, write, kernels)
    family = [child.pid for child in psutil.Process(process.pid).children()] + [kernel]
    process.kill()
    process.communicate(timeout=20)
    assert gone(family)


def test_warm_kernels(course: Project, write: Write, kernels: str) -> None:
    write("one", cell("import time\nx = 1"), cell("sum(range(3_000_000))"))
    with recording():
        (task,) = execute(course, warm=kernels == "warm")
        assert counts() == (Counts(1) if kernels == "warm" else Counts(0, 1, {"COURSE_WARM=0": 1}))
    assert task.problems == []
    assert task.facts["warm"] is (kernels == "warm")
    assert 0.01 < task.facts["cpu_s"] < 30


def test_a_notebook_that_sets_what_imports_read_gets_a_cold_kernel(
    course: Project, write: Write, kernels: str
) -> None:
    write("one", cell("import os\nos.environ['KERAS_BACKEND'] = 'torch'"))
    write("two", cell("x = 1"))
    one, two = execute(course, warm=kernels == "warm", jobs=1)
    assert one.facts["warm"] is False
    assert two.facts["warm"] is (kernels == "warm")


def test_a_killed_worker_is_reported_and_replaced(course: Project, write: Write) -> None:
    write(
        "bad", cell("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(60)")
    )
    write("good", cell("x = 1"))
    bad, good = execute(course, jobs=1)
    assert good.state == "ran"
    assert bad.state == "failed"
    assert bad.problems[0].startswith("chapters/part/bad.md: the process that ran it ended with status -9")


def test_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "gpu_frameworks", lambda: frozenset({"pytorch"}))
    assert environment.resolve_device("cpu") == "cpu"
    assert environment.resolve_device("auto") == "cuda"
    assert environment.resolve_device("cuda", ("both",)) == "cuda"
    with pytest.raises(CourseError, match="--device cuda: no NVIDIA GPU that keras can use"):
        environment.resolve_device("cuda", ("keras",))
    with pytest.raises(CourseError, match="'tpu' is unknown"):
        environment.resolve_device("tpu")


def test_environment_hides_and_quiets() -> None:
    base = {"PATH": os.environ["PATH"], "JUPYTER_DEFAULT_PROVISIONER_NAME": "other"}
    cold = environment.kernel_environment("cpu", warm=False, base=base)
    assert cold["CUDA_VISIBLE_DEVICES"] == "-1"
    assert cold["TF_CPP_MIN_LOG_LEVEL"] == "3"
    assert (cold["JUPYTER_DEFAULT_PROVISIONER_NAME"], cold["COURSE_WARM"]) == ("course-warm", "0")
    assert environment.kernel_environment("cuda", base=base)["COURSE_WARM"] == "0"
    assert "COURSE_WARM" not in environment.kernel_environment("cpu", base=base)
    assert environment.kernel_environment("cpu", threads=4, base=base)["MKL_NUM_THREADS"] == "4"
    assert "CUDA_VISIBLE_DEVICES" not in environment.kernel_environment("cuda", base=base)


def test_threads_are_shared_out_in_the_full_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("course_lib.notebooks.run.cores", lambda: 8)
    assert Settings(jobs=4).threads == 1
    assert Settings(jobs=4, profile="full").threads == 2


def test_worker_answers_in_json_lines(tmp_path: Path) -> None:
    """Whatever a job prints must not mix with the events."""
    command = [sys.executable, "-m", "course_lib.notebooks.worker", str(os.getpid()), str(tmp_path)]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=True)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [{"event": "ready"}]
