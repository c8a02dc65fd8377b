"""The assignment that is attacked: four tasks with hidden tests in ordinary styles, and one that a person grades."""

from __future__ import annotations

import secrets
from dataclasses import replace

from course_lib.grading.engine.model import Bundle, Cell, Limits, Notebook
from course_lib.grading.source import BEGIN_HIDDEN, END_HIDDEN
from tests.grading.records.examples import METADATA, cell

NAME = "measures"
MARKER = f"HIDDEN_{secrets.token_hex(8)}"
"""Stands in every hidden test, as a comment, a string and a name: nothing that a student can see may have it."""

TASKS = ("average", "scale", "shared", "stack")
POINTS = 8.0

_STUBS = {
    "average": "def average(values):\n    raise NotImplementedError()",
    "scale": "def scale(values):\n    raise NotImplementedError()",
    "shared": "def shared(one, other):\n    raise NotImplementedError()",
    "stack": (
        "class Stack:\n    def push(self, item):\n        raise NotImplementedError()\n\n"
        "    def pop(self):\n        raise NotImplementedError()"
    ),
}

RIGHT = {
    "average": "def average(values):\n    return float(np.mean(values))",
    "scale": "def scale(values):\n    return np.asarray(values) / np.max(np.abs(values))",
    "shared": "def shared(one, other):\n    return [item for item in one if item in other]",
    "stack": (
        "class Stack:\n    def __init__(self):\n        self.items = []\n\n"
        "    def push(self, item):\n        self.items.append(item)\n\n"
        "    def pop(self):\n        return self.items.pop()"
    ),
    "why": "The mean moves with every value.",
}

WRONG = {
    "average": "def average(values):\n    return 0.0",
    "scale": "def scale(values):\n    return np.zeros(len(values))",
    "shared": "def shared(one, other):\n    return []",
    "stack": "class Stack:\n    def push(self, item):\n        pass\n\n    def pop(self):\n        return None",
    "why": "I do not know.",
}

_VISIBLE = {
    "average": 'assert abs(average([1, 2, 6]) - 3) < 1e-9, "the mean of 1, 2 and 6 is 3"',
    "scale": (
        'np.testing.assert_allclose(scale(np.array([1.0, -4.0])), [0.25, -1.0], err_msg="divide by the largest")'
    ),
    "shared": 'assert "b" in shared("abc", "xbz"), "both have b"',
    "stack": 's = Stack()\ns.push("a")\ns.push("b")\nassert s.pop() == "b", "the last one comes first"',
}

_HIDDEN = {
    "average": f"""\
# {MARKER}
{MARKER} = "{MARKER}"
draw = np.random.default_rng(20260102)
samples = [draw.normal(5, 1, size) for size in (3, 4, 5)]
for got, sample in zip(map(average, samples), samples):
    assert abs(got - sum(sample) / len(sample)) < 1e-9, "a mean is wrong"
np.random.seed(7)
sample = np.random.rand(6)
assert abs(average(sample) - sample.mean()) < 1e-9, "a mean is wrong"
""",
    "scale": f"""\
# {MARKER}
given = np.linspace(-3, 2, 7)
kept = given.copy()
found = scale(given)
assert len(found) == 7, "as many as there were"
assert all(math.isclose(a, b / 3, abs_tol=1e-12) for a, b in zip(found, kept)), "one is wrong"
assert np.allclose(found, kept / 3), "one is wrong"
assert np.array_equal(np.sign(found), np.sign(kept)), "a sign is wrong"
np.testing.assert_array_equal(given, kept, "the argument was changed")
""",
    "shared": f"""\
# {MARKER}
found = shared([3, 17, 5], [17, 4])
assert 17 in found, "both have it"
assert isinstance(found, list), "a list"
""",
    "stack": f"""\
{MARKER} = ["{MARKER}", 4.25]
s = Stack()
for number in range(5):
    s.push(number * 1.5)
assert [s.pop() for _ in range(5)] == [6.0, 4.5, 3.0, 1.5, 0.0], "another order"
try:
    s.pop()
except IndexError:
    pass
else:
    raise AssertionError("an empty stack has nothing to give: raise IndexError")
""",
}


def _test(name: str) -> Cell:
    source = f"{_VISIBLE[name]}\n{BEGIN_HIDDEN}\n{_HIDDEN[name]}{END_HIDDEN}"
    made = cell("code", f"test_{name}", source, points=2, grade=True, locked=True)
    return replace(made, released=_VISIBLE[name])


def _cells() -> tuple[Cell, ...]:
    cells = [
        Cell("markdown", "# Measures"),
        cell("code", "setup", "import math\n\nimport numpy as np", locked=True),
    ]
    for name, defined in zip(TASKS, ("average", "scale", "shared", "Stack"), strict=True):
        cells.append(Cell("markdown", f"## {name.title()} (2 points)"))
        cells.append(
            replace(
                cell("code", name, _STUBS[name], solution=True),
                defines=(defined,),
                classes=("Stack",) * (defined == "Stack"),
            )
        )
        cells.append(_test(name))
    cells += [
        Cell("markdown", "## Why (3 points)"),
        cell("markdown", "why", "YOUR ANSWER HERE", points=3, grade=True, solution=True),
    ]
    return tuple(cells)


BUNDLE = Bundle(
    NAME,
    (Notebook(NAME, METADATA, _cells()),),
    # More than an assignment should accept: what students hand in as modules is tried, too.
    accepts=("*.py", "data/*"),
    preload=("math", "numpy"),
    limits=Limits(
        cell_seconds=2.5,
        notebook_seconds=40.0,
        cpu_seconds=20,
        memory_mb=600,
        processes=24,
        files_mb=16,
        files=100,
        output_bytes=20_000,
    ),
)
