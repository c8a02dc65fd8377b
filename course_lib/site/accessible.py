"""Repairs of markup that Sphinx and docutils write and accessibility checkers rightly refuse."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# docutils makes a list of the bibliography whose children are no list items, and gives the entries a role
# that was withdrawn from the standard.
REPAIRS = ((' role="list" class="citation-list"', ' class="citation-list"'), (' role="doc-biblioentry"', ""))


def repair_markup(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Replace what is wrong in a page's text (event `html-page-context`)."""
    for wrong, right in REPAIRS:
        context["body"] = context.get("body", "").replace(wrong, right)
