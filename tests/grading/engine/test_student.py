"""Cells run as in a Jupyter kernel: what they show, write and raise."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from course_lib.grading.engine.arranging import RebuiltCell
from course_lib.grading.engine.model import MODES
from course_lib.grading.engine.runner import Runner
from tests.grading.engine.classroom import bundle, check, run

pytestmark = pytest.mark.usefixtures("servers")


def text(ran):
    """What a cell wrote, by stream, and the text of its last value."""
    written = {}
    for output in ran.outputs:
        if output["output_type"] == "stream":
            written[output["name"]] = written.get(output["name"], "") + output["text"]
        elif output["output_type"] == "execute_result":
            written["value"] = output["data"]["text/plain"]
    return written


def test_values_names_and_counts():
    first, second, third = run("x = 5\nx + 1", "x;", "_ + x")
    assert (text(first), first.execution_count) == ({"value": "6"}, 1)
    assert second.outputs == []
    assert (text(third), third.execution_count) == ({"value": "11"}, 3)


def test_output_of_python_descriptors_and_children_keeps_its_order():
    source = """
import os, subprocess, sys
print("one")
os.system("echo two")
print("three")
subprocess.run(["echo", "four"])
sys.__stdout__.write("five\\n"); sys.__stdout__.flush()
os.write(2, b"to stderr\\n")
print("six")
"""
    (ran,) = run(source)
    assert text(ran) == {"stdout": "one\ntwo\nthree\nfour\nfive\nsix\n", "stderr": "to stderr\n"}
    assert [o["name"] for o in ran.outputs] == ["stdout", "stderr", "stdout"]


def test_magics_and_shell_lines():
    bash, line, list_, timed, missing = run(
        "%%bash\necho from bash; echo aside >&2",
        "!echo from a line",
        "lines = !echo a; echo b\nlines",
        "%time 1 + 1",
        "%no_such_magic",
    )
    assert text(bash) == {"stdout": "from bash\n", "stderr": "aside\n"}
    assert text(line) == {"stdout": "from a line\n"}
    assert text(list_) == {"value": "['a', 'b']"}
    assert text(timed)["value"] == "2"
    assert "CPU times" in text(timed)["stdout"]
    assert "not found" in text(missing)["stderr"]


def test_figures_are_inline_with_and_without_the_magic():
    plots = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);"
    for cells in ([plots], ["%matplotlib inline", plots]):
        ran = run(*cells, preload=["numpy", "matplotlib.pyplot"])[-1]
        (output,) = ran.outputs
        assert output["output_type"] == "display_data"
        assert base64.b64decode(output["data"]["image/png"]).startswith(b"\x89PNG")
        assert output["data"]["text/plain"].startswith("<Figure size")


def test_what_could_run_in_a_browser_is_left_out():
    source = """
from IPython.display import HTML, Javascript, display
display(HTML("<script>alert(1)</script>"), Javascript("alert(2)"))
display({"text/html": "<b>", "text/plain": "bold", "image/svg+xml": "<svg onload=alert(3)>"}, raw=True)
display({"image/png": "bm90IGEgcGljdHVyZQ==", "text/plain": "no picture"}, raw=True)
"""
    (ran,) = run(source)
    kinds = {kind for output in ran.outputs for kind in output["data"]}
    assert kinds == {"text/plain"}
    assert ran.outputs[2]["data"] == {"text/plain": "bold"}
    assert ran.outputs[3]["data"] == {"text/plain": "no picture"}


def test_a_display_can_be_updated_and_cleared():
    updated, cleared = run(
        "from IPython.display import display\nshown = display('old', display_id=True)\nshown.update('new')",
        "from IPython.display import clear_output\nprint('gone')\nclear_output(wait=True)\nprint('kept')",
    )
    assert [o["data"] for o in updated.outputs] == [{"text/plain": "'new'"}]
    assert text(cleared) == {"stdout": "kept\n"}


@pytest.mark.parametrize(
    ("source", "ename"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("def f(:", "SyntaxError"),
        ("import sys\nsys.exit(0)", "SystemExit"),
        ("exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("input('a number: ')", "StdinNotImplementedError"),
        ("import getpass\ngetpass.getpass()", "StdinNotImplementedError"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "E"),
    ],
)
def test_an_exception_is_an_error_of_its_cell_only(source, ename):
    failed, after = run(source, "'still here'")
    assert failed.ename == ename
    assert not failed.ended
    error = next(output for output in failed.outputs if output["output_type"] == "error")
    assert error["ename"] == ename
    assert not any("\x1b" in line for line in error["traceback"])
    assert text(after) == {"value": "'still here'"}


def test_a_traceback_shows_the_student_s_own_line():
    failed = run("def f(x):\n    return 1 / x", "f(0)")[1]
    (error,) = failed.outputs
    assert any("return 1 / x" in line for line in error["traceback"])


def test_code_that_asks_whether_this_is_a_notebook_hears_yes():
    source = """
import __main__, os, sys
shell = get_ipython()
asked = [
    type(shell).__name__, "ipykernel" in str(type(shell)), "IPKernelApp" in shell.config,
    os.path.basename(sys.argv[0]), sys.stdout.isatty(), __name__, __main__.asked_here, sys.stdout.encoding,
]
asked
"""
    ran = run("asked_here = True", source)[1]
    said = "['ZMQInteractiveShell', True, True, 'ipykernel_launcher.py', False, '__main__', True, 'UTF-8']"
    assert text(ran)["value"].replace("\n", "") == said


def test_two_runs_see_the_same_random_numbers():
    cells = ["import random, numpy as np", "random.random(), np.random.rand()"]
    first, second = (text(run(*cells, preload=["numpy"])[1]) for _ in range(2))
    assert first == second
    assert "value" in first


def test_terminal_escapes_and_control_characters_are_removed():
    (ran,) = run(r"print('\x1b[31mred\x1b[0m \x1b]0;title\x07 bell\x07 \u202eturned\n 10%\r100%')")
    assert text(ran) == {"stdout": "red  bell turned\n100%\n"}


def test_a_forked_child_does_not_answer_for_its_parent():
    forked, after = run("import os\nchild = os.fork()\nprint('parent' if child else 'child')", "'after'")
    assert "parent" in text(forked)["stdout"]
    assert text(after) == {"value": "'after'"}


@pytest.mark.parametrize(
    "source",
    [
        "for i in range(100_000): print('a' * 2000)",
        "import os\nos.system('head -c 200000000 /dev/zero | tr \"\\\\0\" a')",
        "import os\nfor i in range(3000): os.write(1, b'a' * 65536)",
        "import sys\nsys.stdout.write('a' * 200_000_000)",
        "'a' * 200_000_000",
        "raise ValueError('a' * 200_000_000)",
    ],
)
def test_a_flood_of_output_is_cut(source):
    flood, after = run(source, "'after'", output_bytes=10_000, cell_seconds=30.0)
    assert 0 < len(str(flood.outputs)) < 60_000
    assert text(after) == {"value": "'after'"}


def test_a_cut_says_so():
    (ran,) = run("print('a' * 300)", output_bytes=100)
    assert text(ran)["stdout"] == "a" * 100 + "\n[output cut at 100 bytes]\n"


@pytest.mark.parametrize("mode", MODES)
def test_modules_beside_the_notebook_are_imported(mode):
    """Those of the student by the student's code, those of the author by both processes."""
    authors = {"tables.py": base64.b64encode(b"primes = [2, 3, 5]").decode()}
    test = check("t", "import tables\nassert total == sum(tables.primes)")
    task = replace(bundle(test), files=authors)
    answer = RebuiltCell("code", "import helpers, tables\ntotal = helpers.add(tables.primes)")
    files = {"helpers.py": b"add = sum"}
    with Runner(task, [answer, RebuiltCell("code", test.source, test)], mode=mode, files=files) as runner:
        assert [(ran.ename, ran.evalue) for ran in runner.run() if ran] == [("", "")] * 2


def test_nothing_is_copied_with_its_mode_into_a_new_profile():
    """A sandbox without namespaces may not change modes: IPython could not start there."""
    (ran,) = run(
        "import os\nos.stat(os.path.expanduser('~/.ipython/profile_default/startup/README')).st_size"
    )
    assert text(ran) == {"value": "0"}


def test_output_that_is_cut_says_so_whoever_has_read_it():
    """A library that writes without returning to Python is read from outside."""
    flood = "import ctypes\ndata = b'y' * 65536\nfor _ in range(300):\n    ctypes.CDLL(None).write(1, data, 65536)"
    (ran,) = run(flood, output_bytes=20_000)
    assert "[output cut" in text(ran)["stdout"]
    assert len(text(ran)["stdout"]) < 20_100
