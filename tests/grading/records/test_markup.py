"""Students' Markdown in a grader's browser: honest text stays as it is, nothing runs."""

import re
from collections.abc import Iterator

import bs4
import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from playwright.sync_api import Page

from course_lib.grading.records.markup import LONGEST, harmless
from tests.site import browser

HONEST = [
    "",
    "Because $a < b$ and $b<c$, also $$x \\leq \\frac{1}{2}$$.",
    "a < b, b > c, x<y and 3<4; 5 <- 6; <3",
    "Use `<script>` or `x < y`:\n\n```html\n<img src=x onerror=alert(1)>\n```",
    "    <script>indented code</script>",
    "**bold**, *thin*, ~~gone~~, H<sub>2</sub>O, x<sup>2</sup>, <b>fat</b><br>next<br/>line",
    "# A heading\n\nText\n\nAnother\n-------\n\n* a\n  * b\n\n1. one\n2. two\n\n> quoted",
    "| a | b |\n|:--|--:|\n| 1 | $x$ |\n",
    "- [ ] open\n- [x] done",
    "[a link](https://example.org/a?b=c&d=e 'title'), <https://example.org>, https://example.org, me@example.org",
    "[relative](other.ipynb#part) ![a picture](figure.png)",
    "![inline](data:image/png;base64,iVBORw0KGgo=)",
    "Mail [me](mailto:me@example.org).\n\n[ref]: https://example.org\n\nSee [ref].",
    "\\begin{align}a &< b \\\\ c &= d\\end{align}",
    "Write $\\href{https://example.org}{here}$ or `\\href{javascript:x}` in TeX.",
    "A tab\there, an &amp; and an &lt;, 5 &times; 4; javascript: a language; data: 1, 2",
    "Ünïcödé, 日本語, emoji 🎉, a\u00a0hard space",
]

# Each runs `ran()` in a browser, or in one that is asked to follow the link, unless it is made harmless.
HOSTILE = {
    "script": "<script>ran()</script>",
    "script in text": "before <script>ran()</script> after",
    "script, upper case": "<SCRIPT>ran()</SCRIPT>",
    "unclosed script": "<script\n>ran()</script\n>",
    "image": "<img src=x onerror=ran()>",
    "image after simple tags": "<b>fine</b> <img src=x onerror='ran()'>",
    "svg": "<svg onload=ran()></svg>",
    "svg, slash": "<svg/onload=ran()>",
    "simple tag with a handler": "<b onmouseover=ran()>point here</b>",
    "simple tag with a slash": "<b/onmouseover=ran()>point here</b>",
    "broken simple tag": "<b<img src=x onerror=ran()>>",
    "tag hidden in a tag": "<<b>img src=x onerror=ran()>",
    "details": "<details open ontoggle=ran()>",
    "frame": "<iframe srcdoc='<script>parent.ran()</script>'></iframe>",
    "frame with a link": "<iframe src='javascript:parent.ran()'></iframe>",
    "object": "<object data='javascript:parent.ran()'></object>",
    "style": "<style>@keyframes x{} *{animation:x}</style><p onanimationstart=ran()>",
    "form": "<form action='javascript:ran()'><button class=go>press</button></form>",
    "block": "<div onclick=x>\n<script>ran()</script>\n</div>",
    "block in a list": "* one\n\n  <div><img src=x onerror=ran()></div>",
    "comment": "<!-- > <script>ran()</script> -->x",
    "comment, odd end": "<!--><script>ran()</script>-->",
    "instruction": "<?php ><script>ran()</script>?>",
    "declaration": "<!X ><script>ran()</script>>",
    "link": "[press](javascript:ran())",
    "link, mixed case": "[press](JaVaScRiPt:ran())",
    "link in brackets": "[press](<javascript:ran()>)",
    "link with an entity": "[press](&#106;avascript:ran())",
    "link with a long entity": "[press](&#x6a;&#97;vascript&colon;ran())",
    "link with a double entity": "[press](&amp;#106;avascript:ran())",
    "link with a tab": "[press](java&Tab;script:ran())",
    "link with a line": "[press](java&NewLine;script:ran())",
    "link with a control": "[press](&#1;javascript:ran())",
    "reference": "[press][r]\n\n[r]: javascript:ran()",
    "reference, short": "[press]\n\n[press]: <javascript:ran()>",
    "autolink": "<javascript:ran()>",
    "link in HTML": "<a href='javascript:ran()'>press</a>",
    "data link": "[press](data:text/html,<script>opener.ran()</script>)",
    "link around a picture": "[![x](x.png)](javascript:ran())",
    "diagram": "```mermaid\n</pre><img src=x onerror=ran()>\n```",
    "diagram, tildes": "~~~mermaid x\n</pre><img src=x onerror=ran()>\n~~~",
    "title that leaves its quotes": '[press](x "\\" onmouseover=ran() x=\\"")',
    "picture that leaves its quotes": '![x" onerror="ran()](x)',
    "backticks out of step": "`` ` <img src=x onerror=ran()> ` ``` <img src=x onerror=ran()> `",
    "formula out of step": "$a <img src=x onerror=ran()> \\$ $ <img src=x onerror=ran()> $",
    "fence that ends early": "```\ncode\n``` \n<img src=x onerror=ran()>\n```\n",
    "fence within a quote": "> ```\n<img src=x onerror=ran()>\n",
    "code for one parser": "a\n    <img src=x onerror=ran()>",
    "carriage returns": "`a\r\r<img src=x onerror=ran()>\r\r`",
    "fence of ours": "```text\n```\n<img src=x onerror=&#114;an()>",
    "nothing but a fence": "[press](&#106;avascript:ran())\n" + "`" * 40 + "\n<img src=x onerror=ran()>",
    "table": "| a |\n|---|\n| <img src=x onerror=ran()> |",
    "heading": "# <img src=x onerror=ran()>",
    "null": "<scr\0ipt>ran()</scr\0ipt><img src=x onerror=ran()>",
}


@pytest.mark.parametrize("text", HONEST)
def test_honest_text_is_not_touched(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_active_is_left(name: str) -> None:
    page = bs4.BeautifulSoup(markdown2html_mistune(harmless(HOSTILE[name])), "html.parser")
    for tag in page.find_all(True):
        assert tag.name not in ("script", "iframe", "object", "svg", "form", "style", "details")
        assert not [attribute for attribute in tag.attrs if attribute.startswith("on")]
        scheme = re.match(r"[\x00-\x20]*([a-z\s]+):", str(tag.get("href") or tag.get("src") or "").lower())
        assert scheme is None or scheme[1] in ("http", "https", "mailto")


def test_the_grader_reads_what_was_written() -> None:
    text = harmless("Look: <script>alert('x')</script>\n\n**really** `<b onclick=x>` and $a<b$.")
    shown = bs4.BeautifulSoup(markdown2html_mistune(text), "html.parser")
    assert shown.get_text().strip() == "Look: <script>alert('x')</script>\nreally <b onclick=x> and $a<b$."
    assert shown.strong.get_text() == "really"
    assert shown.code.get_text() == "<b onclick=x>"


def test_simple_tags_survive_beside_others() -> None:
    assert harmless("x<sup>2</sup> <img src=y>") == "x<sup>2</sup> &lt;img src=y>"


@pytest.mark.parametrize("text", ["<b>never closed", "</b>", "<b><i>crossed</b></i>", "</div></div></body>"])
def test_tags_do_not_reach_past_the_answer(text: str) -> None:
    shown = bs4.BeautifulSoup(markdown2html_mistune(harmless(text)), "html.parser")
    assert shown.get_text().strip() == text
    assert {tag.name for tag in shown.find_all(True)} == {"p"}


def test_headings_do_not_take_the_ids_of_the_form() -> None:
    text = "# test_total\n\nwhy-comment\n---\n\n# fine"
    assert harmless(text) == text
    shown = bs4.BeautifulSoup(
        markdown2html_mistune(harmless(text, {"test_total", "why-comment"})), "html.parser"
    )
    assert not {tag["id"] for tag in shown.find_all(id=True)} & {"test_total", "why-comment"}
    assert "test_total" in shown.get_text()


@pytest.mark.parametrize(
    "picture",
    [
        *("/hub/logout", "../../api/formgrader", "//example.org/x", "?x", "file:///etc/x"),
        *(
            "http://localhost:8888/api",
            "https://example.org/pixel.png",
            "HTTPS://example.org/a",
            "&#104;ttp://a.b/c",
        ),
    ],
)
def test_no_picture_is_fetched_from_a_server(picture: str) -> None:
    shown = bs4.BeautifulSoup(markdown2html_mistune(harmless(f"See ![this]({picture}) one.")), "html.parser")
    assert shown.img is None
    assert "this" in shown.get_text()


def test_a_picture_from_outside_becomes_a_link() -> None:
    assert harmless("![far](https://example.org/a.png)") == "[far](https://example.org/a.png)"
    shown = harmless("![far][there]\n\n[there]: https://example.org/a.png")
    assert bs4.BeautifulSoup(markdown2html_mistune(shown), "html.parser").img is None


@pytest.mark.parametrize("macro", ["\\href{javascript:ran()}{x}", "\\cssId{why}{x}", "\\def\\h{\\href}"])
def test_tex_does_not_run_either(macro: str) -> None:
    shown = harmless(f"${macro}$")
    assert shown.replace("\u200b", "") == f"${macro}$"
    assert not re.search(r"\\(href|cssId)", shown)


def test_a_text_too_long_for_the_parser_is_shown_as_code() -> None:
    shown = harmless("`" * 7 + "[" * LONGEST)
    assert shown.startswith("````````text\n```````[[[")
    assert shown.endswith("[[[\n````````")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page without a network."""
    with browser.chromium() as opened:
        page = opened.new_page()
        page.route("**/*", lambda route: route.abort())
        yield page


def _ran(page: Page, text: str) -> bool:
    """Whether `ran()` was called in a page with the text, after everything in it was pointed at and pressed."""
    page.set_content(
        "<script>var count = 0; function ran() { count += 1 }"
        "document.addEventListener('click', (event) => {"
        " const link = event.target.closest('a');"
        " if (link && link.protocol !== 'javascript:') event.preventDefault() })</script>"
        f"<div>{markdown2html_mistune(text)}</div>"
    )
    page.evaluate(
        """async () => {
            for (const node of document.querySelectorAll("body *")) {
                for (const kind of ["mouseover", "click"]) {
                    node.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}))
                }
            }
            await new Promise((done) => setTimeout(done, 20))
        }"""
    )
    return bool(page.evaluate("count"))


def test_nothing_runs_in_a_browser(page: Page) -> None:
    harmful = {name for name, text in HOSTILE.items() if _ran(page, text)}
    # The check sees what it looks for: most of the attacks do run where nobody interferes.
    assert len(harmful) > 40, sorted(harmful)
    assert [name for name, text in HOSTILE.items() if _ran(page, harmless(text))] == []
