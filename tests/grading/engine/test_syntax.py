"""Names and imports are found in any cell, without running it."""

from __future__ import annotations

import pytest

from course_lib.grading.engine import syntax


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def f(x):\n    y = x\n    return y", {"f"}),
        ("async def f(): pass\nclass A:\n    z = 1", {"f", "A"}),
        ("a, (b, *c) = 1, (2, 3)\nd: int = 4\ne += 1", {"a", "b", "c", "d", "e"}),
        ("if x:\n    a = 1\nelse:\n    def g(): pass", {"a", "g"}),
        ("for i in y:\n    pass\nwith o() as h:\n    pass", {"i", "h"}),
        ("total = [k for k in range(3) if (last := k)]", {"total", "last"}),
        ("def f():\n    def g():\n        global deep\n        deep = 1", {"f", "deep"}),
        ("import numpy as np\nfrom math import pi", set()),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None", set()),
        ("%matplotlib inline\nfiles = !ls\n%time t = 1\nx = 2", {"files", "x", "t"}),
        ("%%time\nfor i in range(3):\n    y = i", {"i", "y"}),
        ("%%bash\necho y = 1", set()),
        ("f <- function(x) x + 1", set()),
        ("def f(:", set()),
        ("", set()),
    ],
)
def test_defined(source: str, names: set[str]) -> None:
    assert syntax.defined(source) - {"_"} == names


def test_classes() -> None:
    source = "%time x = 1\nclass A:\n    class B: pass\ndef f():\n    class C: pass"
    assert syntax.classes(source) == {"A"}
    assert syntax.classes("class (") == frozenset()


def test_placeholders_are_what_a_student_fills_in() -> None:
    source = 'NAME = ""\nCOLLABORATORS = None\nw = ...\nrate = 0.1\nwords = ["a"]\nimport math'
    assert syntax.placeholders(source) == {"NAME", "COLLABORATORS", "w"}


def test_imports_come_in_the_order_of_import() -> None:
    cells = [
        "import keras\nimport os, torch.nn.functional as F",
        "%matplotlib inline\nfrom sklearn.linear_model import Ridge\ndef f():\n    import numpy",
        "from . import torchvision\nthis is not Python",
        "from course_lib.grading.quiet import quiet",
    ]
    assert syntax.imported(cells) == (
        "numpy",
        "matplotlib",
        "matplotlib.pyplot",
        "sklearn.linear_model",
        "torch.nn.functional",
        "keras",
        "course_lib.grading.quiet",
    )


def test_what_an_optimizer_imports_is_imported_with_it():
    assert syntax.imported(["import torch", "step = torch.optim.SGD(weights, lr=0.1)"]) == (
        "torch",
        "torch._dynamo",
    )
    assert syntax.imported(["from torch import nn, optim"]) == ("torch", "torch._dynamo")
    assert syntax.imported(["import torch", "torch.relu(Z)"]) == ("torch",)
    assert syntax.imported(["import numpy", "optim = 1"]) == ("numpy",)
