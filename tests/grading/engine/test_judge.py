"""Ordinary test code, unchanged, on the names of another process."""

from __future__ import annotations

import json
import os
import signal
from importlib import metadata
from pathlib import Path

import nbformat
import pytest

from tests.grading.engine.pairs import Pair

SQUARES = """
def squares(n):
    if n < 1:
        raise ValueError("n must be greater than or equal to 1")
    return [i ** 2 for i in range(1, n + 1)]
"""


def test_a_right_and_a_wrong_answer() -> None:
    with Pair(SQUARES) as pair:
        pair.passes("assert squares(3) == [1, 4, 9]")
        assert (
            pair.fails("assert squares(2) == [1, 5], 'the second square is 4'")
            == "AssertionError: the second square is 4"
        )


def test_a_missing_answer_is_a_missing_name() -> None:
    with Pair() as pair:
        assert pair.fails("squares(3)") == "NameError: name 'squares' is not defined"


def test_a_bare_assert_says_nothing_of_the_test() -> None:
    with Pair(SQUARES) as pair:
        reply = pair.ask("hidden = 12\nassert squares(3)[0] == hidden")
        assert (reply["ename"], reply["evalue"]) == ("AssertionError", "a check of this test did not hold")
        assert "hidden" not in json.dumps(reply)


def test_a_broken_test_does_not_show_its_source() -> None:
    with Pair() as pair:
        assert "secret" not in json.dumps(pair.ask("secret = = 1"))


def test_the_students_exception_keeps_its_type_and_says_where() -> None:
    with Pair(SQUARES) as pair:
        pair.passes(
            "try:\n    squares(0)\nexcept ValueError as error:\n    assert 'greater' in str(error)\n"
            "else:\n    assert False"
        )
        reply = pair.ask("squares(-4)")
        assert reply["ename"] == "ValueError"
        assert reply["traceback"] == [
            "line 4, in squares",
            "ValueError: n must be greater than or equal to 1",
        ]


def test_arrays_keep_dtype_and_shape() -> None:
    with Pair("import numpy as np\ndef half(x): return (x / 2).astype('float32')[None]") as pair:
        pair.passes(
            "import numpy as np\nh = half(np.arange(4))\n"
            "assert type(h) is np.ndarray and h.dtype == 'float32' and h.shape == (1, 4)\n"
            "np.testing.assert_allclose(h, [[0, .5, 1, 1.5]])"
        )


def test_arguments_changed_in_place_are_changed_in_the_test() -> None:
    code = """
def change(numbers, names, table, seen):
    numbers *= 2
    names.append("c")
    table["new"] = names
    seen.add(3)
    return numbers
"""
    with Pair(code) as pair:
        reply = pair.passes(
            "import numpy as np\nnumbers, names, table, seen = np.ones(3), ['a'], {'old': 1}, {1}\n"
            "back = change(numbers, names, table, seen)\n"
            "assert numbers.tolist() == [2, 2, 2] and back is numbers\n"
            "assert names == ['a', 'c'] and table == {'old': 1, 'new': ['a', 'c']} and table['new'] is "
            "names\n"
            "assert seen == {1, 3}",
            guard=False,
        )
        assert reply["changed"] is True
        assert pair.passes("import numpy as np\nlen([1])")["changed"] is False


def test_two_arguments_that_are_one_object_stay_one() -> None:
    with Pair("def same(a, b): return a is b") as pair:
        pair.passes("a = [1]\nassert same(a, a) is True and same(a, [1]) is False")


def test_functions_of_the_test_can_be_arguments() -> None:
    with Pair("def slope(f, x, h=1e-6): return (f(x + h) - f(x - h)) / (2 * h)") as pair:
        pair.passes(
            "import math\ncount = []\ndef f(x):\n    count.append(x)\n    return x ** 3\n"
            "assert math.isclose(slope(f, 2.0), 12, rel_tol=1e-5) and len(count) == 2\n"
            "assert math.isclose(slope(math.sin, 0.0), 1, rel_tol=1e-5)\n"
            "assert math.isclose(slope(lambda x: slope(f, x), 2.0, 1e-4), 12, rel_tol=1e-3)"
        )


def test_an_assertion_in_a_function_of_the_test_cannot_be_swallowed() -> None:
    code = "def apply(f):\n    try:\n        f(-1)\n    except Exception:\n        pass\n    return 1"
    with Pair(code) as pair:
        told = pair.fails("def f(x):\n    assert x > 0, 'x must be positive'\nassert apply(f) == 1")
        assert told == "AssertionError: x must be positive"


def test_iterators_cross_both_ways() -> None:
    code = (
        "def total(items): return sum(items)\ndef count():\n    n = 0\n    while True:\n"
        "        yield n\n        n += 1"
    )
    with Pair(code) as pair:
        pair.passes(
            "from itertools import islice\nassert total(x * x for x in range(4)) == 14\n"
            "assert total({'a': 1, 'b': 2}.values()) == 3\n"
            "assert list(islice(count(), 100)) == list(range(100))\n"
            "numbers = count()\nassert [next(numbers), next(numbers)] == [0, 1]\n"
            "assert list(islice(numbers, 3)) == [2, 3, 4] and list(islice(numbers, 2)) == [5, 6]"
        )


STACK = """
class Empty(LookupError):
    def __init__(self, size):
        super().__init__("nothing on the stack")
        self.size = size

class Stack:
    limit = 10
    def __init__(self, items=()):
        self.items = list(items)
    def push(self, item):
        self.items.append(item)
        return self
    def pop(self):
        if not self.items:
            raise Empty(0)
        return self.items.pop()
    def __len__(self):
        return len(self.items)
    def __getitem__(self, index):
        return self.items[index]
    def __contains__(self, item):
        return item in self.items
    def __add__(self, other):
        return Stack(self.items + other.items)
    def __str__(self):
        return f"<{len(self)} items>"
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.items.clear()
"""


def test_a_library_is_no_way_around_names_that_are_taken_away() -> None:
    with Pair("import numpy as np\nsolver = np.linalg") as pair:
        pair.defines = ["solver"]
        test = "assert solver.solve([[2.0]], [4.0])[0] == 2 and np.sqrt(4) == 2"
        pair.passes(test)
        told = pair.fails(test, forbidden=["numpy.linalg.solve"])
        assert told == "TypeError: solver is the module numpy.linalg of a library: write your own"
        pair.passes("assert np.sqrt(4) == 2", forbidden=["numpy.linalg.solve"])


def test_classes_and_instances() -> None:
    with Pair(STACK) as pair:
        pair.classes = ["Stack"]
        pair.passes(
            "s = Stack([1]).push(2)\n"
            "assert len(s) == 2 and s[0] == 1 and 2 in s and 3 not in s and str(s) == '<2 items>'\n"
            "assert isinstance(s, Stack) and not isinstance(3, Stack) and not isinstance(Empty, Stack)\n"
            "assert s.pop() == 2 and s.items == [1] and Stack.limit == 10\n"
            "s.limit = 3\nassert s.limit == 3 and hasattr(s, 'push') and not hasattr(s, 'peek')\n"
            "assert list(Stack([1]) + Stack([2])) == [1, 2]\n"
            "with Stack([5]) as t:\n    assert t.pop() == 5\n"
            "try:\n    Stack().pop()\nexcept Empty as error:\n"
            "    assert error.size == 0 and isinstance(error, LookupError)\n"
            "else:\n    assert False"
        )


def test_isinstance_and_issubclass_answer_for_library_classes() -> None:
    code = (
        "import collections.abc, fractions\nclass Mine(fractions.Fraction): pass\n"
        "class Other: pass\ndef f(): pass"
    )
    with Pair(code) as pair:
        pair.passes(
            "import fractions, types, inspect\nassert isinstance(Mine(1, 2), fractions.Fraction)\n"
            "assert not isinstance(Other(), fractions.Fraction) and not isinstance(Other(), int)\n"
            "assert issubclass(Mine, fractions.Fraction) and not issubclass(Other, fractions.Fraction)\n"
            "assert isinstance(f, types.FunctionType) and callable(f) and inspect.isclass(Other) and "
            "inspect.isfunction(f)\n"
            "assert f.__name__ == 'f' and Other.__name__ == 'Other'"
        )


def test_signatures_and_docstrings() -> None:
    with Pair('def f(a, b=2, *, c):\n    "Adds."') as pair:
        pair.passes(
            "import inspect\nassert str(inspect.signature(f)) == '(a, b=2, *, c)' and f.__doc__ == 'Adds.'"
        )


def test_names_are_assigned_and_deleted_in_the_students_kernel() -> None:
    code = (
        SQUARES + "\ndef sum_of_squares(n):\n    return sum(squares(n))\ncounter = 0\ndef count():\n"
        "    global counter\n    counter += 1"
    )
    with Pair(code) as pair:
        pair.defines = ["squares", "sum_of_squares", "counter", "count"]
        pair.passes(
            "orig = squares\ndel squares\ntry:\n    sum_of_squares(1)\nexcept NameError:\n    pass\n"
            "else:\n    raise AssertionError\n"
            "finally:\n    squares = orig\nassert sum_of_squares(2) == 5"
        )
        pair.passes(
            "counter = 5\ncount()\n"
            "assert counter == 6 and 'counter' in globals() and 'nothing' not in globals()"
        )
        pair.passes(
            "def reset():\n    global counter\n    counter = 0\nreset()\ncount()\nassert counter == 1"
        )


def test_the_last_writer_owns_a_name() -> None:
    with Pair("data = 'student'\nlater = 'student'") as pair:
        pair.passes("data = 'author'\nother = 1", graded=False)
        pair.passes("assert data == 'author' and later == 'student'")
        pair.defines = ["data"]
        pair.passes("assert data == 'student'")
        pair.passes("data = 'author again'", graded=False)
        pair.passes("assert data == 'author again'")


def test_names_of_python_and_of_the_author_are_not_the_students() -> None:
    with Pair("sum = abs = len = all = lambda *a: True\nnp = None\nclose = lambda *a: True") as pair:
        pair.passes("import numpy as np\ndef close(a, b): return a == b", graded=False)
        pair.passes(
            "assert abs(-2) == 2 and sum([1, 2]) == 3 and not all([0]) and np.ones(1)[0] == 1 and not "
            "close(1, 2)"
        )


def test_objects_of_set_up_cells_are_passed_by_name() -> None:
    setup = (
        "class Point:\n    def __init__(self, x): self.x = x\norigin = Point(0)\ndef double(x): return 2 * x"
    )
    with Pair(
        setup, "def x_of(p): return p.x\ndef kind(c): return c.__name__\ndef is_own(f): return f is double"
    ) as pair:
        pair.passes(setup, graded=False)
        pair.passes("assert x_of(origin) == 0 and kind(Point) == 'Point' and is_own(double)")
        told = pair.fails("x_of(Point(3))")
        assert told.startswith(
            "CannotCross: a Point object does not cross into the student's kernel: pass plain values"
        )


def test_without_acts_in_the_students_process() -> None:
    with Pair(
        "import math\ndef fact(n): return math.factorial(n)\n"
        "def mine(n): return 1 if n < 2 else n * mine(n - 1)"
    ) as pair:
        setup = "import math\nfrom course_lib.grading.restrict import without"
        pair.passes(setup, graded=False)
        told = pair.fails("with without('math.factorial'):\n    fact(3)")
        assert told.endswith(
            "this task asks you to build factorial yourself: math.factorial is not available in its test"
        )
        pair.passes(
            "with without('math.factorial'):\n    assert mine(4) == math.factorial(4)\nassert fact(3) == 6"
        )
        assert "not available" in pair.fails("fact(3)", forbidden=["math.factorial"])
        pair.passes("assert fact(3) == 6")
        assert "there is no such name" in pair.fails("with without('math.produkt'):\n    pass")


def test_what_the_students_code_prints_is_no_output_of_the_test() -> None:
    with Pair("def hello(name): print('Hello', name)") as pair:
        assert pair.passes("hello('you')\nprint('from the test')")["outputs"] == [
            {"output_type": "stream", "name": "stdout", "text": "from the test\n"}
        ]


def test_a_test_can_collect_what_is_printed_and_answer_input() -> None:
    with Pair("def hello():\n    name = input('name? ')\n    print('Hello', name)") as pair:
        pair.passes(
            "import io, contextlib\nfrom unittest import mock\nout = io.StringIO()\n"
            "with contextlib.redirect_stdout(out), mock.patch('builtins.input', return_value='Ada'):\n"
            "    hello()\n"
            "assert out.getvalue() == 'Hello Ada\\n'"
        )


def test_seeds_set_by_a_test_hold_in_the_students_process() -> None:
    with Pair("import random, numpy as np\ndef draw(): return random.random(), np.random.rand()") as pair:
        pair.passes(
            "import random, numpy as np\nrandom.seed(3); np.random.seed(4)\n"
            "expected = random.random(), np.random.rand()\n"
            "random.seed(3); np.random.seed(4)\nassert draw() == expected\nassert draw() != expected"
        )


def test_a_generator_of_the_test_is_copied_and_moves_on() -> None:
    with Pair("def weights(rng): return rng.normal(size=3)") as pair:
        pair.passes(
            "import numpy as np\n"
            "assert np.array_equal(weights(np.random.default_rng(5)), "
            "np.random.default_rng(5).normal(size=3))\n"
            "rng = np.random.default_rng(5)\nassert not np.array_equal(weights(rng), weights(rng))"
        )


def test_stderr_alone_fails_nothing_and_partial_credit_is_the_last_value() -> None:
    with Pair() as pair:
        reply = pair.passes("import sys\nprint('warning', file=sys.stderr)\n0.5 * 3")
        assert reply["outputs"][0]["name"] == "stderr"
        assert reply["outputs"][1]["data"] == {"text/plain": "1.5"}
        assert pair.passes("3;")["outputs"] == []


def test_magics_of_the_author_do_no_harm() -> None:
    with Pair() as pair:
        pair.passes(
            "%matplotlib inline\nget_ipython().run_line_magic('load_ext', 'autoreload')\nx = 1", graded=False
        )
        pair.passes("%%time\nassert x == 1")
        assert "not available in a test" in pair.fails("%%bash\nls")
        assert "cannot start programs" in pair.fails("!ls")


@pytest.mark.parametrize(
    "exit_", ["sys.exit()", "raise SystemExit(0)", "raise KeyboardInterrupt", "exit()", "quit(0)"]
)
def test_leaving_is_no_way_to_pass(exit_: str) -> None:
    with Pair(f"import sys\ndef f(): {exit_}") as pair:
        assert pair.ask("f()")["status"] == "error"
        assert pair.ask(f"import sys\n{exit_}")["status"] == "error"
        pair.passes("assert 1 + 1 == 2")


def test_cpu_seconds_are_told_apart() -> None:
    busy = (
        "import time\ndef busy():\n    end = time.process_time() + 0.2\n"
        "    while time.process_time() < end: pass"
    )
    with Pair(busy) as pair:
        reply = pair.passes("busy()")
        assert reply["student_cpu"] >= 0.2 > reply["cpu"]


@pytest.mark.parametrize("swallow", ["except:", "except BaseException:", "except Exception:", "finally:"])
def test_a_dead_student_cannot_be_swallowed(swallow: str) -> None:
    with Pair("import os\ndef f(x): os._exit(0)") as pair:
        told = pair.fails(f"try:\n    f(1)\n{swallow}\n    pass")
        assert told == "StudentGone: the process that runs your code ended during this test"
        assert pair.fails("f(1)").startswith("StudentGone")
        pair.cells = ["def f(x): return x"]
        pair.connect()
        pair.passes("assert f(1) == 1")


def test_a_student_that_is_killed_while_it_works() -> None:
    with Pair("import time\ndef f(): time.sleep(60)") as pair:
        process = os.fork()
        if process == 0:
            os.kill(pair.student, signal.SIGKILL)
            os._exit(0)
        assert pair.fails("f()").startswith("StudentGone")
        os.waitpid(process, 0)


def test_set_up_cells_hold_proxies_of_the_new_kernel_after_a_restart() -> None:
    with Pair("class Model: size = 3\ndef build(): return Model()\nmodel = build()") as pair:
        pair.passes("model = build()", graded=False)
        pair.passes("assert model.size == 3")
        pair.connect()
        pair.passes("assert model.size == 3")


QUICKSTART = (
    Path(str(metadata.distribution("nbgrader").locate_file("nbgrader"))) / "docs/source/user_guide/source/ps1"
)


def _graded(cell: nbformat.NotebookNode) -> bool:
    meta = cell.metadata.get("nbgrader", {})
    return bool(meta.get("grade")) and not meta.get("solution")


def test_the_example_course_of_nbgrader() -> None:
    cells = [
        c for c in nbformat.read(QUICKSTART / "problem1.ipynb", as_version=4).cells if c.cell_type == "code"
    ]
    answers = [c.source for c in cells if not _graded(c)]
    tests = {c.metadata.nbgrader.grade_id: c.source for c in cells if _graded(c)}
    assert len(tests) == 4
    with Pair(*answers) as pair:
        pair.defines = ["squares", "sum_of_squares", "pyramidal_number"]
        for source in tests.values():
            pair.passes(source)
    other = [
        source.replace("return sum(squares(n))", "return n * (n + 1) * (2 * n + 1) // 6")
        for source in answers
    ]
    with Pair(*other) as pair:
        pair.defines = ["squares", "sum_of_squares", "pyramidal_number"]
        failed = [name for name, source in tests.items() if pair.ask(source)["status"] != "ok"]
        assert failed == ["sum_of_squares_uses_squares"]
