"""What the pages that grading writes have in common: one look, no script, no request to any host, all text escaped."""

from __future__ import annotations

import base64
import hashlib
from functools import cache, lru_cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

_OWN = "course_lib.grading.records"
_LONGEST = 20_000
"""Characters of a text that is parsed; a longer one is shown as it is. Parsers take long for hostile texts, and
one process writes the pages of the whole class."""


def render(template: str, package: str = _OWN, **values: object) -> str:
    """A page as text, from `templates/<template>.html.j2` of a package, or of this one where that has none.

    Its policy allows its own style sheet and pictures inside the page, and nothing else.
    """
    page = _environment(package).get_template(f"{template}.html.j2")
    return page.render(style=Markup(_style()), policy=policy(), **values)


@cache
def policy() -> str:
    """The Content-Security-Policy of a page."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def number(value: float) -> str:
    """Points or another quantity without needless digits: 2, 1.5, 0.33."""
    return f"{round(value, 2):g}"


def points(value: float) -> str:
    """Points with their noun: 1 point, 1.5 points."""
    return f"{number(value)} {'point' if value == 1 else 'points'}"


def count(many: int, one: str, more: str = "") -> str:
    """A number with its noun: `1 test`, `3 tests`."""
    return f"{many} {one if many == 1 else more or one + 's'}"


def markdown(text: str) -> Markup:
    """Markdown that a student or a grader wrote, as HTML. HTML in it is shown as text; nothing is loaded."""
    if len(text) > _LONGEST:
        return Markup("<pre>{}</pre>").format(text)
    return Markup(_markdown().render(text))


@lru_cache(maxsize=512)  # A class shares its tests, and often its answers.
def code(text: str) -> Markup:
    """Python code with its words marked for the style sheet."""
    if len(text) > _LONGEST:
        return escape(text)
    return Markup(highlight(text, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)))


@lru_cache(maxsize=512)
def headings(text: str) -> tuple[tuple[int, str], ...]:
    """Level and plain text of the headings in Markdown."""
    tokens = _markdown().parse(text)
    found = []
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open":
            words = (child.content or " " for child in inline.children or [] if child.type != "html_inline")
            found.append((int(opening.tag[1:]), " ".join("".join(words).split())))
    return tuple(found)


@cache
def _markdown() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # A picture would be a request to the host that the student chose. A page of link definitions takes the
    # parser half a minute.
    reader.disable(["image", "reference"])
    return reader.use(dollarmath_plugin, renderer=_formula)


def _formula(content: str, options: dict[str, bool]) -> str:
    """TeX stays TeX: to typeset it a page would need a script."""
    return f'<code class="formula">{escape(content.strip())}</code>'


@cache
def _environment(package: str) -> Environment:
    loader = ChoiceLoader([PackageLoader(package), PackageLoader(_OWN)])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "points": points, "code": code, "markdown": markdown}
    environment.globals |= {"count": count}
    return environment


@cache
def _style() -> str:
    environment = _environment(_OWN)
    assert environment.loader is not None
    return environment.loader.get_source(environment, "page.css")[0]
