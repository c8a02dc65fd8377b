"""Makes Markdown that a student wrote safe to open in a grader's browser.

nbgrader's form and feedback, like every nbconvert page, pass HTML in Markdown on to the browser. Text that
nbconvert turns into nothing but its own markup stays as it is, letter by letter. Other text is changed where it
is dangerous, so that the grader reads the tags instead of running them; what cannot be mended is shown as code.
Whether text is dangerous is not guessed: nbconvert's own parser says what it would hand to the browser.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

LONGEST = 20_000
"""Characters of an answer. The parser takes quadratic time on some texts; longer ones are shown as code."""

_VOID = ("br", "hr")
_STYLE = "b|i|u|s|em|strong|sub|sup|small|mark|kbd|del|ins"
# Tags without attributes that only change how text looks.
_SIMPLE = re.compile(rf"<(?P<close>/?)(?P<name>{_STYLE}|br|hr)\s*/?>", re.IGNORECASE)
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_NOT_SIMPLE = re.compile(
    rf"<(?=[A-Za-z/!?])(?!/?(?:{_STYLE}|br|hr)\s*/?>)(?!https?://[^\s<>]*>)", re.IGNORECASE
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)", re.IGNORECASE)
_LINKED = ("http", "https", "mailto", "ftp")
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=%]*\Z", re.IGNORECASE)
_TEX = re.compile(r"\\(?:href(?!\{https?://)|cssId|style|class)(?![A-Za-z])")

# Where tags are not tags: code fences, code spans, formulas. A mistake here costs looks, not safety.
_VERBATIM = re.compile(
    r"(^ {0,3}(?P<fence>`{3,}|~{3,}).*?^ {0,3}(?P=fence)[`~]*[ \t]*$"
    r"|(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|\$\$.+?\$\$|(?<![$\\])\$[^$\n]+\$)",
    re.DOTALL | re.MULTILINE,
)
_BAD = r"javascript:|vbscript:|file:|data:(?!image/(?:png|jpeg|gif|webp);base64,)"
_BAD_LINK = re.compile(rf"(\]\(\s*<?|\]:\s*<?)\s*(?:{_BAD})", re.IGNORECASE)
_BAD_PICTURE = re.compile(
    rf"!(\[[^\]]*\](?:\(\s*<?(?:/|\\|\.\./|[?#]|(?!data:)[a-z][a-z0-9+.-]*:|{_BAD})|\s?\[))", re.IGNORECASE
)
_DIAGRAM = re.compile(r"^( {0,3}(?:`{3,}|~{3,}))[ \t]*mermaid", re.MULTILINE | re.IGNORECASE)
_HEADING = re.compile(r"^( {0,3}#{1,6})[ \t]*(?=\S)", re.MULTILINE)

_TAGS = (
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td", "div", "pre"),
    *("a", "code", "del", "em", "img", "input", "span", "strong"),
)
_ATTRIBUTES = ("alt", "checked", "class", "disabled", "href", "id", "src", "start", "style", "title", "type")
_STYLES = re.compile(r"text-align: ?(left|right|center);?\Z")


def harmless(source: str, reserved: Collection[str] = ()) -> str:
    """Markdown that shows what `source` shows and runs nothing.

    reserved: ids that headings must not get, because the page uses them for its own fields.
    """
    if len(source) <= LONGEST:
        for candidate in (source, _mended(source, _NOT_SIMPLE), _mended(source, _TAG)):
            if _is_safe(candidate, reserved):
                return candidate
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{source}\n{fence}"


def _mended(source: str, tags: re.Pattern[str]) -> str:
    """`source` with the usual dangers taken out where it is neither code nor a formula."""
    pieces, end = [], 0
    for verbatim in _VERBATIM.finditer(source):
        kept = verbatim[0]
        kept = _without_macros(kept) if kept.startswith("$") else _DIAGRAM.sub(r"\1text", kept)
        pieces += [_mended_text(source[end : verbatim.start()], tags), kept]
        end = verbatim.end()
    return "".join([*pieces, _mended_text(source[end:], tags)])


def _mended_text(text: str, tags: re.Pattern[str]) -> str:
    text = _BAD_PICTURE.sub(r"\1", tags.sub("&lt;", text))
    text = _BAD_LINK.sub(r"\1#", text)
    return _without_macros(_HEADING.sub("\\1 \u200b", text))


def _without_macros(text: str) -> str:
    """TeX does not know a macro with an invisible character in its name; a reader sees no difference."""
    return _TEX.sub(lambda macro: f"{macro[0][:2]}\u200b{macro[0][2:]}", text)


def _is_safe(source: str, reserved: Collection[str]) -> bool:
    """Whether nbconvert makes a page from it that holds only text, formats, links and pictures."""
    seen = _Seen()
    try:
        html = MarkdownWithMath(renderer=_Renderer(seen)).render(source)
        page = _Page()
        page.feed(html)
        page.close()
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ):
        return False  # A parser that stumbles over the text would stumble in front of the grader, too.
    return not (
        seen.dangerous
        or page.dangerous
        or _unbalanced(seen.raw)
        or any(heading in reserved for heading in page.ids)
    )


@dataclass
class _Seen:
    """What the parser took for HTML or an address."""

    raw: list[str] = field(default_factory=list)
    dangerous: bool = False


class _Renderer(IPythonRenderer):
    """nbconvert's renderer, with an eye on what it passes through."""

    def __init__(self, seen: _Seen) -> None:
        super().__init__(escape=False)
        self.seen = seen

    def inline_html(self, html: str) -> str:
        return self._raw(html)

    def block_html(self, html: str) -> str:
        return self._raw(html)

    def block_mermaidjs(self, code: str) -> str:
        self.seen.dangerous = True  # nbconvert writes it into the page as it is.
        return ""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        self.seen.dangerous |= _scheme(url) not in (*_LINKED, "")
        return super().link(text, url, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        # A picture is fetched unasked: not from the grader's own server, and from no other, which would learn
        # who reads when, and which may be one of the grader's network.
        own = _scheme(url) == "" and unescape(url).strip().startswith(("/", "\\", "..", "?", "#"))
        allowed = _scheme(url) == "" or _PICTURE.match(url)
        self.seen.dangerous |= own or not allowed
        return super().image(text, url, title)

    def _raw(self, html: str) -> str:
        self.seen.raw += [found[0] for found in _SIMPLE.finditer(html)]
        self.seen.dangerous |= bool(_TAG.search(_SIMPLE.sub("", html)))
        return _SIMPLE.sub("", html)


class _Page(HTMLParser):
    """A second look, at the finished page: nothing in it that is not known to be good."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.dangerous = False
        self.ids: list[str] = []
        self._code = 0  # how many elements deep in code, which formulas are not looked for in

    def handle_data(self, data: str) -> None:
        self.dangerous |= not self._code and bool(_TEX.search(data))

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("code", "pre")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.dangerous |= tag not in _TAGS
        self._code += tag in ("code", "pre")
        for name, value in attrs:
            self.dangerous |= name not in _ATTRIBUTES
            self.dangerous |= name == "style" and not _STYLES.match(value or "")
            self.dangerous |= name in ("href", "src") and _scheme(value or "") not in (*_LINKED, "data", "")
            if name == "id":
                self.ids.append(value or "")

    def handle_comment(self, data: str) -> None:
        self.dangerous = True

    def handle_decl(self, decl: str) -> None:
        self.dangerous = True

    def handle_pi(self, data: str) -> None:
        self.dangerous = True

    def unknown_decl(self, data: str) -> None:
        self.dangerous = True


def _scheme(url: str) -> str:
    """The scheme a browser would see, lower case; empty for an address without one."""
    for _ in range(2):  # The renderer resolves entities once more.
        url = unescape(url)
    bare = re.sub(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\ufeff]", "", url)
    found = _SCHEME.match(bare)
    return found[0].lower() if found else ""


def _unbalanced(tags: list[str]) -> bool:
    """Whether a tag would go on changing the page behind the answer."""
    still_open: list[str] = []
    for tag in tags:
        found = _SIMPLE.match(tag)
        assert found is not None
        name = found["name"].lower()
        if name in _VOID:
            continue
        if not found["close"]:
            still_open.append(name)
        elif not still_open or still_open.pop() != name:
            return True
    return bool(still_open)
