"""A cell that dies, hangs or takes too much costs itself, and nothing after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from course_lib.grading.engine.arranging import RebuiltCell
from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.runner import Runner
from course_lib.kernels import client
from tests.grading.engine.classroom import answer, bundle, check, hand_in, run, setup

pytestmark = pytest.mark.usefixtures("servers")

STUBBORN = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    pass
"""
SHAMELESS = """
import time
while True:
    try:
        time.sleep(100)
    except BaseException:
        pass
"""


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import os\nos._exit(0)", "ended itself"),
        ("import os\nos._exit(3)", "status 3"),
        ("import ctypes\nctypes.string_at(0)", "segmentation fault"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "killed"),
        ("import os\nos.closerange(3, 100)\nimport time\ntime.sleep(100)", "closed its connection"),
        (STUBBORN, "its time was up"),
        (SHAMELESS, "its time was up"),
    ],
)
def test_a_cell_that_ends_its_kernel_costs_that_cell(source, why):
    before, lost, after = run("x = 41", source, "x += 1\nx", cell_seconds=1.0)
    assert before.ok
    assert (lost.ename, lost.ended) == ("KernelDied", True)
    assert why in lost.evalue
    assert after.ok
    assert after.outputs[0]["data"]["text/plain"] == "42"


def test_an_endless_loop_is_interrupted_and_its_kernel_goes_on():
    before, lost, after = run("x = 1", "x = 2\nwhile True: pass", "x", cell_seconds=1.0)
    assert before.ok
    assert (lost.ename, lost.evalue, lost.ended) == ("TimeoutError", "stopped after 1 s", True)
    assert 1.0 <= lost.seconds < 2.0
    assert after.outputs[0]["data"]["text/plain"] == "2"


def test_memory_is_limited():
    after_numpy = "import numpy as np\nkept = []\nwhile True: kept.append(np.ones(10**6))"
    # Long enough for a look at the full process.
    after = "import time\ntime.sleep(0.3)\nlen(kept) > 20"
    lost, after = run(after_numpy, after, memory_mb=200, preload=["numpy"], cell_seconds=20.0)
    assert lost.ename == "MemoryError"
    assert after.outputs[0]["data"]["text/plain"] == "True"


def test_memory_of_many_processes_together_is_limited():
    source = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        kept = bytearray(60 * 2**20)
        time.sleep(60)
time.sleep(60)
"""
    lost, after = run(source, "'after'", memory_mb=200, cell_seconds=20.0)
    assert lost.evalue == "the kernel was ended: it used more than 200 MB of memory"
    assert after.ok


def test_cpu_time_is_limited_where_the_clock_does_not_help():
    lost, after = run("while True: pass", "'after'", cpu_seconds=1, cell_seconds=20.0)
    assert "CPU time" in lost.evalue
    assert after.ok


def test_a_notebook_s_time_is_shared_by_its_cells():
    cells = run("import time\ntime.sleep(1.2)", "1 + 1", "2 + 2", notebook_seconds=1.0)
    assert cells[0].ename == "TimeoutError"
    assert [ran.evalue for ran in cells[1:]] == ["the notebook's 1 s were used up"] * 2


def test_restarts_are_limited():
    cells = run(*["import os\nos._exit(1)"] * 25)
    assert cells[0].evalue == "the kernel ended itself with status 1"
    assert cells[-1].evalue == "the kernel was ended too often by this notebook"


def test_garbage_on_the_control_socket_ends_the_kernel():
    source = """
import os
for number in range(3, 30):
    try:
        os.write(number, b"\\xff\\xff\\xff\\xff garbage")
    except OSError:
        pass
import time
time.sleep(100)
"""
    lost, after = run("x = 1", source, "x", cell_seconds=5.0)[1:]
    assert lost.evalue == "the kernel was ended: what it sent makes no sense"
    assert after.ok


def test_a_forged_answer_changes_nothing_in_strict_mode():
    forged = """
import json, os, struct
body = json.dumps({"id": 3, "status": "ok", "outputs": [], "ename": "", "evalue": ""}).encode()
for number in range(3, 30):
    try:
        os.write(number, struct.pack("!I", len(body)) + body)
    except OSError:
        pass
def add(a, b): return 0
"""
    assignment = bundle(answer("add"), check("test_add", "assert add(1, 2) == 3"))
    result = grade(assignment, hand_in(assignment, {"add": forged}))
    assert result.score() == 0


# Strict mode: what dies while a test runs

ADD = "def add(a, b): return a + b"


def three_tests(**limits):
    """Three tests of one function; a solution can single out the second one by its arguments."""
    return bundle(
        setup("import math"),
        answer("add"),
        check("first", "assert add(1, 1) == 2"),
        check("second", "assert add(2, 2) == 4, 'two and two'"),
        check("third", "assert add(3, 3) == 6"),
        **limits,
    )


def scores(result):
    return {cell.grade_id: cell.score for cell in result.notebooks[0].cells if cell.points}


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        ("import os; os._exit(3)", "status 3"),
        ("import ctypes; ctypes.string_at(0)", "segmentation fault"),
        ("while True: pass", "stopped after 1 s"),
        ("raise SystemExit", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        (
            "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n        while True: pass",
            "after 1 s",
        ),
    ],
)
def test_a_call_that_ends_the_kernel_costs_that_test(harm, why):
    source = f"def add(a, b):\n    if a == 2:\n        {harm}\n    return a + b"
    assignment = three_tests(cell_seconds=1.0)
    result = grade(assignment, hand_in(assignment, {"add": source}))
    assert scores(result) == {"first": 1.0, "second": 0.0, "third": 1.0}, result
    second = result.notebooks[0].cells[3]
    assert why in second.message


def test_a_solution_that_kills_at_once_leaves_every_test_failed_and_the_rest_graded():
    assignment = three_tests()
    result = grade(assignment, hand_in(assignment, {"add": f"{ADD}\nimport os\nos._exit(0)"}))
    assert result.status == "graded"
    assert scores(result) == {"first": 0.0, "second": 0.0, "third": 0.0}
    assert "add" in result.notebooks[0].cells[2].message


def test_a_test_that_never_ends_is_stopped_and_the_next_one_runs():
    assignment = bundle(
        answer("add"),
        check("slow", "while True: pass"),
        check("quick", "assert add(3, 3) == 6"),
        cell_seconds=1.0,
    )
    result = grade(assignment, hand_in(assignment, {"add": ADD}))
    assert scores(result) == {"slow": 0.0, "quick": 1.0}


def test_a_judge_that_dies_is_replaced_with_its_set_up():
    assignment = bundle(
        setup("base = 10"),
        answer("add"),
        check("broken", "import os; os._exit(1)"),
        check("sound", "assert add(base, 1) == 11"),
    )
    result = grade(assignment, hand_in(assignment, {"add": ADD}))
    assert scores(result) == {"broken": 0.0, "sound": 1.0}
    assert result.notebooks[0].cells[2].message.startswith("JudgeDied")


def test_nothing_is_left_open_or_running_after_many_submissions():
    assignment = bundle(answer("add"), check("test_add", "assert add(1, 2) == 3"))
    submission = hand_in(assignment, {"add": ADD})
    grade(assignment, submission)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(100):
        assert grade(assignment, submission).score() == 1
    assert len(os.listdir("/proc/self/fd")) == before
    kernels = [server["kernels"] for server in client.servers()]
    assert kernels
    assert not any(kernels)


def test_leaving_early_ends_the_processes():
    with Runner(bundle(), [RebuiltCell("code", "1"), RebuiltCell("code", "2")], mode="compat") as runner:
        next(runner.run())
        assert runner._student is not None
        keeper = runner._student.process.pid
        assert Path(f"/proc/{keeper}").exists()
    assert not Path(f"/proc/{keeper}").exists()
    assert runner.cpu > 0
