"""Which cells become one pair."""

from __future__ import annotations

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document

from course_lib.site.pairs import PairCells


def paired(layout: str) -> str:
    """Apply the transform to a document drawn with one letter per node, and draw what comes out.

    `p` a PyTorch cell, `k` a Keras cell, `c` another cell, `t` a label, `x` text.
    """
    document = new_document("test", get_default_settings(Parser))
    section = nodes.section()
    document += section
    made = {
        "p": lambda: nodes.container(classes=["cell", "tag_pytorch"]),
        "k": lambda: nodes.container(classes=["cell", "tag_keras"]),
        "c": lambda: nodes.container(classes=["cell"]),
        "t": nodes.target,
        "x": nodes.paragraph,
    }
    for letter in layout:
        section += made[letter]()
    PairCells(document).apply()
    return "".join(_drawn(node) for node in section)


def _drawn(node: nodes.Node) -> str:
    assert isinstance(node, nodes.Element)
    assert all(child.parent is node for child in node)
    classes = node.get("classes", [])
    inner = "".join(_drawn(child) for child in node if isinstance(child, nodes.Element))
    if "course-pair" in classes:
        return f"[{inner}]"
    if "course-pair-body" in classes:
        return inner
    if "course-side" in classes:
        label = node.next_node(nodes.rubric).astext()
        side = f"{label}:{inner} "
        return f"({side.strip()})" if "course-lonely" in classes else side
    if "cell" in classes:
        return "p" if "tag_pytorch" in classes else "k" if "tag_keras" in classes else "c"
    return {"target": "t", "paragraph": "x", "rubric": ""}[node.tagname]


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("pk", "[PyTorch:p Keras:k ]"),
        ("kp", "[PyTorch:p Keras:k ]"),
        ("ppkk", "[PyTorch:pp Keras:kk ]"),
        ("pkpk", "[PyTorch:p Keras:k ][PyTorch:p Keras:k ]"),
        ("pkkp", "[PyTorch:p Keras:kk ](PyTorch:p)"),
        ("pxk", "(PyTorch:p)x(Keras:k)"),
        ("pck", "(PyTorch:p)c(Keras:k)"),
        ("tptk", "t[PyTorch:p Keras:tk ]"),
        ("ptx", "(PyTorch:p)tx"),
        ("ptptkc", "[PyTorch:ptp Keras:tk ]c"),
        ("xcx", "xcx"),
        ("", ""),
    ],
)
def test_pairs(layout: str, expected: str) -> None:
    assert paired(layout) == expected


def test_labels_stay_in_front_of_what_they_name() -> None:
    assert paired("pktpk") == "[PyTorch:p Keras:k ]t[PyTorch:p Keras:k ]"
