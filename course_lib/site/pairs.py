"""Neighbouring PyTorch and Keras cells become one pair, shown side by side.

MyST-NB wraps each code cell in a container with the classes `cell` and `tag_<tag>`. The transform below
wraps neighbouring containers tagged `pytorch` and `keras`:

    container.course-pair
      container.course-pair-body
        container.course-side.course-pytorch
          rubric "PyTorch", cells
        container.course-side.course-keras
          rubric "Keras", cells

That is all a page needs without JavaScript (one side after the other, each under its heading), and what
LaTeX prints. `static/course.css` and `static/course.js` make columns or tabs of it in a browser.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

FRAMEWORKS = {"pytorch": "PyTorch", "keras": "Keras"}


class PairCells(SphinxTransform):
    """Wrap runs of neighbouring framework cells into pairs, and label the lonely ones."""

    default_priority = 890

    def apply(self, **kwargs: Any) -> None:
        """Rewrite the children of every node that holds framework cells."""
        parents = {id(cell.parent): cell.parent for cell in self.document.findall(_is_framework_cell)}
        for parent in parents.values():
            children = list(parent.children)
            parent.clear()
            parent.extend(_paired(children))


def framework_of(node: nodes.Node) -> str | None:
    """The framework a cell's container is tagged with, or None for any other node."""
    if not isinstance(node, nodes.container) or "cell" not in node["classes"]:
        return None
    return next((name for name in FRAMEWORKS if f"tag_{name}" in node["classes"]), None)


def _is_framework_cell(node: nodes.Node) -> bool:
    return framework_of(node) is not None


def _paired(children: list[nodes.Node]) -> list[nodes.Node]:
    """`children` with each run of framework cells replaced by pairs and labelled lonely cells."""
    result: list[nodes.Node] = []
    sides: list[tuple[str, list[nodes.Node]]] = []  # of the pair being collected
    between: list[nodes.Node] = []  # labels and comments since its last cell: they show nothing

    def close() -> None:
        if len(sides) == 2:
            result.append(_pair(sides))
        elif sides:
            result.append(_side(*sides[0], "course-lonely"))
        result.extend(between)
        sides.clear()
        between.clear()

    for node in children:
        framework = framework_of(node)
        if framework is None:
            if sides and isinstance(node, nodes.target | nodes.comment):
                between.append(node)
            else:
                close()
                result.append(node)
            continue
        if not sides or sides[-1][0] != framework:
            if len(sides) == 2:
                close()
            sides.append((framework, []))
        sides[-1][1].extend([*between, node])
        between.clear()
    close()
    return result


def _pair(sides: list[tuple[str, list[nodes.Node]]]) -> nodes.container:
    body = nodes.container(classes=["course-pair-body"])
    order = list(FRAMEWORKS)
    for framework, cells in sorted(sides, key=lambda side: order.index(side[0])):
        body += _side(framework, cells)
    return nodes.container("", body, classes=["course-pair"])


def _side(framework: str, cells: list[nodes.Node], *classes: str) -> nodes.container:
    label = nodes.rubric("", FRAMEWORKS[framework], classes=["course-side-label"])
    return nodes.container("", label, *cells, classes=["course-side", f"course-{framework}", *classes])
