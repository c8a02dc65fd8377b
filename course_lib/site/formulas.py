"""A formula and the punctuation after it stay on one line."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

_PUNCTUATION = re.compile(r"[.,:;!?)\]’”]+")


class KeepPunctuation(SphinxPostTransform):
    """MathJax draws a formula as a box, and a browser may break a line after a box even before a comma."""

    default_priority = 300
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Put each formula that punctuation follows into one unbreakable piece with it."""
        for formula in list(self.document.findall(nodes.math)):
            parent, position = formula.parent, formula.parent.index(formula)
            following = parent[position + 1] if position + 1 < len(parent) else None
            if not isinstance(following, nodes.Text):
                continue
            found = _PUNCTUATION.match(following.astext())
            if found is None:
                continue
            rest = nodes.Text(following.astext()[found.end() :])
            piece = nodes.inline("", "", formula.deepcopy(), nodes.Text(found.group()), classes=["nowrap"])
            parent[position : position + 2] = [piece, rest]
