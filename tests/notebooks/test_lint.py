"""Every bad source gives one line with file, line and cell."""

import pytest

from course_lib.notebooks import Project
from course_lib.notebooks.lint import lint_headers, lint_pages

from .conftest import HEADER, Write, cell

FIGURE = "\n```{code-cell}\n---\nmystnb: {image: {alt: A line.}}\n---\nx = 1\n```\n"


def findings(course: Project) -> list[str]:
    return [str(problem) for problem in lint_pages(course, course.select([]))[1]]


def test_a_good_chapter(course: Project, write: Write) -> None:
    write(
        "good",
        cell("import math"),
        cell("import torch", "pytorch"),
        cell("import keras", "keras"),
        cell("%matplotlib inline\n!echo hello"),
        cell("value = await_me = 3"),
        cell("model = torch.nn.Linear(2, 1)", "pytorch"),
        cell("model = keras.layers.Dense(1)", "keras"),
        cell("both = torch, keras", "parity", "nbval-check-output"),
        cell("print(model)"),
        cell("def f(torch):\n    return torch"),
        cell("special = torch.compile", "pytorch", "no-twin"),
        cell("x = = 1", "raises-exception"),
        FIGURE,
    )
    assert findings(course) == []


BAD = {
    "syntax": (cell("a = 1\nb = = 2"), 15, "cell 3: Python cannot read this cell: invalid syntax"),
    "unknown tag": (cell("a = 1", "pytroch"), 15, "cell 3: unknown tag 'pytroch'; known tags: "),
    "lonely": (
        cell("a = 1", "pytorch"),
        15,
        "cell 3: this pytorch cell has no keras cell next to it: add the twin",
    ),
    "twin too far": (
        cell("a = 1", "pytorch") + "\nText.\n" + cell("a = 1", "keras"),
        15,
        "cell 3: this pytorch cell has no keras cell next to it",
    ),
    "both tags": (cell("a = 1", "pytorch", "keras"), 15, "cell 3: tagged pytorch and keras"),
    "parity and side": (cell("a = 1", "pytorch", "parity"), 15, "cell 3: tagged parity and a framework"),
    "no-twin alone": (cell("a = 1", "no-twin"), 15, "cell 3: tagged no-twin without pytorch or keras"),
    "wide": (
        cell("a = 1\nb = '" + "x" * 70 + "'", "pytorch") + cell("a = 1", "keras"),
        16,
        "cell 3: 76 characters; a line of a paired cell has at most 72",
    ),
    "long": (cell("\n".join(["a = 1"] * 31)), 14, "cell 3: 31 lines; a cell has at most 30"),
    "empty": (cell(""), 14, "cell 3: an empty code cell"),
    "tool": (
        cell("from course_lib import plots, grading"),
        14,
        "cell 3: imports course_lib.grading; a chapter",
    ),
    "tool path": (cell("import course_lib.notebooks.run"), 14, "cell 3: imports course_lib.notebooks"),
    "untagged torch": (cell("a = 1\nimport torch.nn"), 15, "cell 3: imports torch.nn: tag the cell pytorch"),
    "untagged hall": (cell("from course_lib.keras import losses"), 14, "cell 3: imports course_lib.keras"),
    "second parameters": (cell("a = 1", "parameters"), 15, "cell 3: a second parameters cell"),
    "tags no list": (
        "\n```{code-cell}\n:tags: pytorch\na = 1\n```\n",
        14,
        "tags must be a list: write [tag]",
    ),
    "dropped by a projection": (
        cell("net = 1", "pytorch") + cell("other = 1", "keras") + cell("print(net)"),
        24,
        "cell 5: uses net, which the keras-only notebook does not define: tag the cell",
    ),
    "inside a function": (
        cell("net = 1", "pytorch") + cell("other = 1", "keras") + cell("def f():\n    return other"),
        24,
        "cell 5: uses other, which the pytorch-only notebook does not define",
    ),
    "in a note": (
        "\n:::{note}\n```{code-cell}\na = 1\n```\n:::\n",
        14,
        "a code-cell inside another block never runs",
    ),
    "in a tab": (
        "\n````{tab-set}\n```{code-cell}\na = 1\n```\n````\n",
        14,
        "a code-cell inside another directive never runs",
    ),
    "behind tildes": ("\n~~~{code-cell}\na = 1\n~~~\n", 13, "a code-cell behind ~~~ never runs: write ```"),
    "behind colons": ("\n:::{code-cell}\na = 1\n:::\n", 13, "a code-cell behind ::: never runs: write ```"),
}


@pytest.mark.parametrize("bad", BAD, ids=list(BAD))
def test_bad_source(course: Project, write: Write, bad: str) -> None:
    cells, line, message = BAD[bad]
    write("bad", cells)
    found = findings(course)
    assert any(f.startswith(f"chapters/part/bad.md:{line}: {message}") for f in found), found
    assert all("\n" not in f for f in found)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace(":tags: [parameters]\n", ""), 'must be tagged parameters and set PROFILE = "quick"'),
        (HEADER.replace('"quick"', '"full"'), 'must set PROFILE = "quick"'),
        (HEADER.replace("SEED = 0", "pass"), "must set SEED to a whole number"),
        (HEADER.replace("python3", "julia"), "the header needs `kernelspec"),
        (
            HEADER.replace("```{code-cell}", cell("a = 1") + "\n```{code-cell}", 1),
            "must be the first code cell",
        ),
    ],
)
def test_bad_start(course: Project, write: Write, header: str, message: str) -> None:
    write("bad", header=header)
    assert any(message in f for f in findings(course)), findings(course)


def test_missing_header(course: Project, write: Write) -> None:
    write("bad", cell("a = 1"), header="# A page\n")
    assert [str(p) for p in lint_headers(course)] == [
        "chapters/part/bad.md:3: a code-cell that never runs: the file has no jupytext header (format_name: myst)"
    ]


def test_unreadable_file_is_a_finding(course: Project, write: Write) -> None:
    write("bad", "\n```{code-cell}\n---\ntags: [a\n---\nx = 1\n```\n")
    assert [f.split(":")[0] for f in findings(course)] == ["chapters/part/bad.md"]
