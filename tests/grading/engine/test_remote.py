"""What a student's process may try over its connection to the judge, and the honest twin that must pass."""

from __future__ import annotations

import os
import random
import socket
from typing import Any

import pytest

from course_lib.grading.engine import agent, frames, judge, remote
from tests.grading.engine.pairs import Pair

ALWAYS = """
class Always:
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = lambda self, other: True
    def __hash__(self): return hash(9)
    def __bool__(self): return True
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = lambda self, *other: self
def f(x): return Always()
"""
HONEST = "def f(x): return x * x"
CHECKS = [
    *(
        "assert f(3) == 9",
        "assert 9 == f(3)",
        "assert f(3) in [9]",
        "assert f(3) in (2, 9)",
        "assert not f(3) != 9",
    ),
    *(
        "assert f(3) != 8",
        "assert f(3) > 8",
        "assert 8 < f(3) < 10",
        "assert {9: 1}[f(3)]",
        "assert [f(3)] == [9]",
    ),
    *("assert {'a': f(3)} == {'a': 9}", "assert (f(3), 1) == (9, 1)", "assert abs(f(3) - 9) < 1e-6"),
    *("assert max(f(3), 5) == 9", "assert sorted([f(3), f(2)])[1] == 9", "assert [9].index(f(3)) == 0"),
    *("import math\nassert math.isclose(f(3), 9)", "import numpy as np\nassert np.allclose(f(3), 9)"),
    *(
        "import numpy as np\nassert np.isclose(np.asarray(f(3), dtype=float), 9)",
        "import numpy as np\nassert (np.array(9) == f(3)).all()",
    ),
    *(
        "import numpy as np\nassert np.array_equal(f(3), 9)",
        "import numpy as np\nnp.testing.assert_allclose(f(3), 9)",
    ),
    *(
        "import numpy as np\nnp.testing.assert_equal(f(3), 9)",
        "import unittest\nunittest.TestCase().assertEqual(f(3), 9)",
    ),
    *(
        "import unittest\nunittest.TestCase().assertAlmostEqual(f(3), 9)",
        "import operator\nassert operator.eq(f(3), 9)",
    ),
    *(
        "import pytest\nassert f(3) == pytest.approx(9)",
        "match f(3):\n    case 9: pass\n    case _: assert False",
    ),
    *(
        "if f(3) == 9:\n    pass\nelse:\n    assert False",
        "assert isinstance(f(3), int)",
        "assert type(f(3)) is int",
    ),
    *("assert f(3) is not None and float(f(3)) == 9.0", "assert int(f(3)) == 9", "assert str(f(3)) == '9'"),
]


@pytest.fixture(scope="module")
def always() -> Any:
    with Pair(ALWAYS) as pair:
        yield pair


@pytest.fixture(scope="module")
def honest() -> Any:
    with Pair(HONEST) as pair:
        yield pair


@pytest.mark.parametrize("check", CHECKS)
def test_an_object_that_equals_everything_equals_nothing(always: Pair, honest: Pair, check: str) -> None:
    assert always.ask(check)["status"] == "error"
    honest.passes(check)


LIARS = {
    "an int that equals everything": "class Liar(int):\n    __eq__ = lambda *a: True\n"
    "    __hash__ = int.__hash__\ndef f(x): return Liar(8)",
    "a float that equals everything": "class Liar(float):\n    __eq__ = lambda *a: True\n"
    "    __float__ = lambda s: 9.0\ndef f(x): return Liar(8)",
    "an array that equals everything": "import numpy as np\nclass Liar(np.ndarray):\n"
    "    __eq__ = lambda *a: np.True_\n    __array_ufunc__ = lambda *a, **k: 9\n"
    "def f(x): return np.array(8).view(Liar)",
    "unittest.mock.ANY": "from unittest import mock\ndef f(x): return mock.ANY",
    "a mock": "from unittest import mock\ndef f(x): return mock.Mock()",
    "a proxy": "class Proxy:\n    def __getattr__(self, name): return lambda *a, **k: True\n"
    "    __eq__ = lambda *a: True\ndef f(x): return Proxy()",
    "a class": "class Meta(type):\n    __eq__ = lambda *a: True\n    __hash__ = None\n"
    "class f(metaclass=Meta):\n    def __init__(self, x): pass",
    "claims to be an int": "class Liar:\n    __class__ = int\n    __eq__ = lambda *a: True\n"
    "def f(x): return Liar()",
    "patched builtins": "import builtins\n"
    "builtins.abs = builtins.all = builtins.len = builtins.isinstance = lambda *a: True\n"
    "def f(x): return 8",
    "patched numpy": "import numpy as np\n"
    "np.allclose = np.isclose = np.array_equal = np.all = lambda *a, **k: True\n"
    "np.testing.assert_allclose = np.testing.assert_equal = lambda *a, **k: None\ndef f(x): return 8",
    "patched engine": "from course_lib.grading.engine import values, remote, peer\n"
    "remote.Remote.__eq__ = lambda *a: True\n"
    "values.Encoder.encode = lambda *a, **k: 8\ndef f(x): return 8",
    "patched operators": "from course_lib.grading.engine import agent\n"
    "agent.OPERATIONS.update(dict.fromkeys(agent.OPERATIONS, lambda *a: True))\ndef f(x): return 8",
}


@pytest.mark.parametrize("liar", LIARS)
def test_liars_gain_nothing(liar: str) -> None:
    with Pair(LIARS[liar]) as pair:
        for check in CHECKS[:28]:
            if check in ("assert f(3) != 8", "assert f(3) > 8"):  # no liar, but these two values pass
                continue
            assert pair.ask(check)["status"] == "error", check


@pytest.mark.parametrize(
    ("body", "check", "told"),
    [
        ("def __len__(self): return -1", "len(f())", "ValueError: __len__() should return >= 0"),
        (
            "def __len__(self): return 'a'",
            "len(f())",
            "TypeError: 'str' object cannot be interpreted as an integer",
        ),
        ("def __len__(self): return 2 ** 80", "len(f())", "OverflowError"),
        (
            "def __iter__(self):\n        while True: yield 0",
            "list(f())",
            "RuntimeError: an iterable of the student gave more than",
        ),
        ("def __iter__(self): return 5", "list(f())", "TypeError: iter() returned non-iterator"),
        ("def __float__(self): return 'a'", "float(f())", "TypeError"),
        ("def __getattr__(self, name): raise SystemExit", "f().x", "SystemExit"),
        ("def __getattr__(self, name): return self.name", "f().x", "RecursionError"),
        ("def __str__(self): return 5", "str(f())", "TypeError"),
        (
            "def __array__(self, *a, **k): return 'a'",
            "import numpy as np\nnp.asarray(f(), dtype=float)",
            "ValueError",
        ),
        ("def __contains__(self, x): raise KeyError(x)", "3 in f()", "KeyError: 3"),
        ("def __hash__(self): raise ValueError", "assert {f(): 1} == {}", "AssertionError"),
    ],
)
def test_lying_special_methods_end_in_one_clear_error(
    body: str, check: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "MOST_ITEMS", 5000)
    with Pair(f"class Liar:\n    {body}\ndef f(): return Liar()") as pair:
        pair.classes = ["Liar"]
        assert told in pair.fails(check.replace("f()", "Liar()"))
        pair.passes("assert 1 == 1")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("def f(): return bytes(200 << 20)", "CannotCross: a value of more than 128 MB does not cross"),
        ("def f(): return ['x' * 4000] * 3000", "CannotCross: the value is too large to cross"),
        (
            "def f(): return [[] for _ in range(2_000_000)]",
            "CannotCross: a value of more than 1,000,000 parts",
        ),
        (
            "def f():\n    v = []\n    for _ in range(5000): v = [v]\n    return v",
            "CannotCross: a value nested more than",
        ),
        ("def f(): return f()", "RecursionError"),
        ("def f(): raise MemoryError", "MemoryError"),
    ],
)
def test_huge_values_end_in_one_clear_error(code: str, told: str) -> None:
    with Pair(code) as pair:
        assert told in pair.fails("f()")
        pair.passes("assert 1 == 1")


ERRORS = [
    ("class E(Exception):\n    def __str__(self): raise ValueError", "E"),
    ("class E(Exception):\n    def __str__(self): return 5", "E"),
    ("class E(BaseException): pass", "E"),
    ("class E(ValueError):\n    __eq__ = lambda *a: True\n    args = 5", "E"),
    ("E = type('<b>', (Exception,), {})", "Exception"),
    ("E = type('x' * 100_000, (Exception,), {})", "x" * 20),
    ("class E(Exception):\n    def __init__(self, a=object(), b=[[]]): super().__init__(a, b)", "E"),
    ("E = lambda: UnicodeDecodeError('utf-8', b'', 0, 1, 'bad')", "UnicodeDecodeError"),
    ("E = lambda: OSError(2, 'No such file', 'x.csv')", "FileNotFoundError"),
    ("E = lambda: ExceptionGroup('many', [ValueError(1)])", "ExceptionGroup"),
    ("class E(Exception, metaclass=type('M', (type,), {'__subclasscheck__': lambda *a: True})): pass", "E"),
    (
        "class E(Exception): pass\nE.__module__ = 5\n"
        "E.__qualname__ = 'course_lib.grading.engine.remote.StudentGone'",
        "",
    ),
]


@pytest.mark.parametrize(("code", "name"), ERRORS, ids=range(len(ERRORS)))
def test_hostile_exceptions_are_only_exceptions(code: str, name: str) -> None:
    with Pair(code, "def f(): raise E()") as pair:
        reply = pair.ask("f()")
        assert reply["status"] == "error"
        assert name in reply["ename"]
        assert len(reply["evalue"]) <= 4000
        assert pair.ask("try:\n    f()\nexcept KeyError:\n    pass")["status"] == "error"


@pytest.mark.parametrize("error", ["StopIteration", "StopAsyncIteration", "GeneratorExit"])
def test_no_exception_ends_a_loop_of_the_test_early(error: str) -> None:
    with Pair(f"def f(x): raise {error}") as pair:
        for check in (
            "assert all(map(lambda x: f(x) == x, [1, 2]))",
            "for x in map(f, [1, 2]): assert x == 1",
        ):
            assert pair.fails(check) == f"RuntimeError: the student's code raised {error}"


def test_claims_choose_no_class_whose_objects_cross_by_value() -> None:
    code = (
        "import numpy as np\nLiar = type('int', (), {'__module__': 'builtins'})\n"
        "def f(): return Liar()\n"
        "Other = type('ndarray', (), {'__module__': 'numpy'})\ndef g(): return Other()"
    )
    with Pair(code) as pair:
        pair.passes("import numpy as np\nassert not isinstance(f(), int) and not isinstance(g(), np.ndarray)")


def test_a_false_library_is_not_the_judges() -> None:
    with Pair(
        "import types\nnp = types.ModuleType('numpy')\nnp.allclose = lambda *a: True\n"
        "helpers = types.ModuleType('helpers')\nhelpers.two = 2"
    ) as pair:
        pair.defines = ["np", "helpers"]
        pair.passes("assert not np.allclose(1, 2) and np.ones(2).sum() == 2 and helpers.two == 2")


def test_functions_of_the_test_are_of_no_use_afterwards() -> None:
    code = (
        "kept = []\ndef keep(g): kept.append(g)\ndef late(): return kept[0](1)\n"
        "def threaded(g):\n    import threading\n    seen = []\n    def call():\n        try: g(1)\n"
        "        except RuntimeError as e: seen.append(str(e))\n"
        "    t = threading.Thread(target=call); t.start(); t.join(); return seen"
    )
    with Pair(code) as pair:
        pair.passes("keep(lambda x: x)")
        assert pair.ask("late()")["status"] == "error"
    with Pair(code) as pair:
        pair.passes(
            "assert threaded(lambda x: x) == [\"a test's function can only be called while the "
            'test waits for its answer"]'
        )


def test_a_test_that_compares_two_objects_of_the_student_is_told_how() -> None:
    with Pair(
        "class Vector:\n    def __init__(self, x): self.x = x\n"
        "    def __eq__(self, other): return self.x == other.x"
    ) as pair:
        pair.classes = ["Vector"]
        told = pair.fails("assert Vector(1) == Vector(1)")
        assert told == (
            "TypeError: an object of the class Vector cannot be compared: only plain values can. "
            "Compare what its methods and attributes give, or convert it first"
        )
        pair.passes("v = Vector(1)\nassert v is not None and v != None and v == v and v.x == 1")
        pair.passes("assert Vector(1).__eq__(Vector(1)) is True")


LIAR = """
class Zero:
    def __sub__(self, other): return 0.0
    __rsub__ = __mod__ = __sub__
    def __contains__(self, item): return True
    def allclose(self, other): return True
    equal = __eq__ = allclose
def f(): return Zero()
class g(Zero): pass
class Mine(Zero):
    kept = []
    def __init__(self): self.kept.append(self)
    def __mul__(self, other): return self
    def itself(self): return self
def h(): return Mine.kept[0]
class Vector:
    def __init__(self, x): self.x = x
    def __add__(self, other): return Vector(self.x + getattr(other, "x", other))
    __radd__ = __add__
    def __contains__(self, item): return item == self.x
    def scaled(self, by): return Vector(by * self.x)
def five(): return Vector(5)
"""


@pytest.mark.parametrize(
    "check",
    [
        *("abs(f() - 3) < 1", "abs(3 - f()) < 1", "(f() % 3) == 0", "3 in f()", "f().allclose(3)"),
        *("f().equal(3)", "f().__eq__(3)", "f().__sub__(3) == 0", "abs(g() - 3) < 1", "abs(h() - 3) < 1"),
        *("abs(five() + 3) < 1", "abs(Vector(1).scaled(3) + 3) < 1"),
    ],
)
def test_a_result_is_not_asked_for_its_difference_to_what_is_expected(check: str) -> None:
    with Pair(LIAR) as pair:
        pair.defines = ["f", "g", "h", "five", "Mine", "Vector"]
        pair.classes = ["Mine", "Vector"]
        pair.passes("mine = Mine()")
        assert "TypeError" in pair.fails(f"assert {check}")


def test_instances_of_a_class_that_the_task_asks_for_have_operators() -> None:
    with Pair(LIAR) as pair:
        pair.classes = ["Mine", "Vector"]
        pair.passes("v = Vector(2)\nassert (v + 3).x == (3 + v).x == 5 and (v + v + v).x == 6 and 2 in v")
        pair.passes("assert (v + 1).x == 3 and 3 not in v")
        pair.passes("m = Mine()\nassert m.itself() is m and m * 2 is m and isinstance(m * 3, Mine)")


def test_items_of_an_object_are_looked_for_in_the_judge() -> None:
    with Pair("class Bag:\n    def __iter__(self): return iter([1, 'two'])\ndef f(): return Bag()") as pair:
        pair.passes("assert 1 in f() and 'two' in f() and 3 not in f()")


def test_what_a_last_expression_shows_is_not_the_students_word() -> None:
    with Pair("class Points:\n    def __repr__(self): return '99'\ndef f(): return Points()") as pair:
        (output,) = pair.passes("f()")["outputs"]
        assert output["data"]["text/plain"] == "<an object of the class Points>"


SCALING = """
import numpy as np
X, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
out = np.asarray(scale(X, y), dtype=float)
assert out.shape == (2, 2) and np.allclose(out, X * y[:, None])
"""


def test_a_guarded_test_is_not_passed_by_changing_what_it_compares_with() -> None:
    zero = "def scale(X, y):\n    X[:] = y[:] = 0\n    return X"
    in_place = "def scale(X, y):\n    X *= y[:, None]\n    y[:] = 1\n    return X"
    copied = "def scale(X, y):\n    X = X.copy()\n    X *= y[:, None]\n    return X"
    with Pair(zero) as pair:
        told = pair.fails(SCALING, guard=True)
        assert told == f"AssertionError: {judge.CHANGED_ARGUMENTS}"
    with Pair(copied) as pair:
        pair.passes(SCALING, guard=True)
    with Pair("def reverse(items): items.reverse()") as pair:
        pair.passes("items = [1, 2]\nreverse(items)\nassert items == [2, 1]", guard=True)
    with Pair(in_place) as pair:
        assert (
            pair.passes(SCALING.replace("X * y[:, None]", "[[5, 10], [18, 24]]"), guard=True)["changed"]
            is True
        )


# What follows speaks to the judge directly, below the level of objects.


def answering(**reply: Any) -> Any:
    """A student's process that answers every request with `reply`."""

    def serve(connection: socket.socket, names: dict[str, Any]) -> None:
        while True:
            request, _ = frames.receive(connection)
            frames.send(connection, {"n": request["n"], **reply}, reply.pop("buffers", ()))

    return serve


ANSWERS: list[dict[str, Any]] = [
    *(
        {"n": 7},
        {"n": None},
        {"n": True},
        {"n": "0"},
        {"value": []},
        {"value": ["pickle", 0]},
        {"value": {"a": 1}},
    ),
    *(
        {"value": ["o", 0]},
        {"value": ["o", -1]},
        {"value": ["o", "0"]},
        {"value": ["h"]},
        {"value": ["h", 1, 5]},
    ),
    *(
        {"value": ["h", -1, {}]},
        {"value": ["h", 2**60, {}]},
        {"value": ["h", 1.5, {}]},
        {"value": ["m", "x"]},
    ),
    *(
        {"value": ["g", "os", "system"]},
        {"value": ["f", 0, "x"]},
        {"value": ["it", 0]},
        {"value": ["rng", "PCG64", 1]},
    ),
    *(
        {"value": 1, "changed": 5},
        {"value": 1, "changed": [[0, 1]]},
        {"value": 1, "changed": [5]},
        {"value": ["w", 0]},
    ),
    *({"error": 5}, {"error": {"class": ["h", 1, {}]}}, {"error": {"class": 5}}, {"do": "call", "args": [0]}),
    *(
        {"do": "call", "args": [0, ["t", []], ["d", "dict", []]]},
        {"do": "next", "args": [0]},
        {"do": 5, "args": []},
    ),
    *(
        {"do": "call", "args": 5},
        {"do": "call", "args": [-1, 2, 3]},
        {"do": "call"},
        {"do": "call", "args": [["w", 1]]},
    ),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: str(a)[:50])
def test_answers_that_are_none_end_the_conversation(answer: dict[str, Any]) -> None:
    with Pair(serve=answering(**answer)) as pair:
        assert pair.fails("try:\n    f\nexcept Exception:\n    pass").startswith("StudentGone: ")
        pair.connect()
        assert pair.fails("f") == "NameError: name 'f' is not defined"


ODD: list[dict[str, Any]] = [
    *({"value": ["h", 1, {"kind": 5, "name": [], "classes": 5, "callable": 1}]}, {"value": ["h", 1, {}]}),
    *(
        {
            "value": [
                "h",
                1,
                {"kind": "class", "raises": True, "name": "a b", "classes": [["builtins", "int"], 5, []]},
            ]
        },
    ),
    *({"value": ["h", 1, {"kind": "module", "name": "course_lib.grading.engine.judge"}]},),
    *({"value": ["h", 1, {"kind": "module", "name": "__main__"}]}, {"value": 1, "cpu": "a", "printed": 5}),
    *(
        {"value": 1, "cpu": -5},
        {"value": 1, "cpu": float("nan")},
        {"error": {}},
        {"error": {"classes": [5, [], ["a"]]}},
    ),
    *(
        {
            "error": {
                "classes": [["builtins", "ValueError"]],
                "args": [["l"]],
                "text": 5,
                "traceback": [{}] * 50,
            }
        },
    ),
    *({"error": {"classes": [["course_lib.grading.engine.remote", "StudentGone"]], "text": "x" * 10_000}},),
    *({"error": {"classes": [["builtins", "BaseException"]], "args": [1, 2]}},),
]


@pytest.mark.parametrize("answer", ODD, ids=lambda a: str(a)[:50])
def test_odd_descriptions_are_harmless(answer: dict[str, Any]) -> None:
    with Pair(serve=answering(**answer)) as pair:
        reply = pair.ask("x = f\nassert not isinstance(x, (int, str, dict)) or x == 1\nraise KeyError('end')")
        assert reply["status"] == "error"
        assert 0 <= reply["student_cpu"] < 1
        assert len(reply["evalue"]) <= 4000


def test_a_pickle_in_the_channel_is_no_frame() -> None:
    import pickle

    class Bomb:
        def __reduce__(self) -> Any:
            return os._exit, (0,)

    def serve(connection: socket.socket, names: dict[str, Any]) -> None:
        frames.receive(connection)
        connection.sendall(pickle.dumps(Bomb()) * 10)
        frames.receive(connection)

    with Pair(serve=serve) as pair:
        assert pair.fails("f").startswith(
            "StudentGone: the process that runs your code sent what is no answer"
        )
        pair.connect()
        assert "NameError" in pair.fails("f")


def test_no_mutation_of_the_students_messages_upsets_the_judge() -> None:
    chance = random.Random(3)
    code = (
        "import numpy as np\nclass C:\n    x = [1, {2}]\nclass E(Exception): pass\ndef f(a):\n"
        "    a += 1\n    return {'a': a, 'c': C(), 'n': (1, 2.5)}\ndef g(): raise E('no')"
    )
    check = (
        "import numpy as np\nr = f(np.zeros(3))\n"
        "assert r['a'].sum() == 3 and r['c'].x[0] == 1 and r['n'] == (1, 2.5)\n"
        "try:\n    g()\nexcept E:\n    pass\nelse:\n    assert False"
    )

    def mutating(seed: int) -> Any:
        def serve(connection: socket.socket, names: dict[str, Any]) -> None:
            own = random.Random(seed)
            original = frames.json.dumps

            def dumps(value: Any, **options: Any) -> str:
                text = original(value, **options)
                for _ in range(own.randint(0, 2)):
                    place = own.randrange(len(text))
                    text = (
                        text[:place]
                        + own.choice(["", "0", "[", "]", '"', "-", "9", ",", "h", "null"])
                        + text[place + own.randint(0, 2) :]
                    )
                return text

            frames.json = type(
                "json", (), {"dumps": staticmethod(dumps), "loads": staticmethod(frames.json.loads)}
            )  # type: ignore[attr-defined]
            agent.serve(connection, names)

        return serve

    with Pair(code) as pair:
        pair.passes(check)
        outcomes = set()
        for _ in range(150):
            pair.connect(mutating(chance.randrange(1 << 30)))
            outcomes.add(pair.ask(check)["ename"])
        assert "StudentGone" in outcomes
        pair.connect()
        pair.passes(check)
