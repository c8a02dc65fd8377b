"""The checks of pages find what they look for."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site import checks
from tests.site.browser import DESKTOP, open_page, served

PAGE = """<!doctype html>
<html lang="en"><head><title>Code</title>
<style>body { background: white } .k { color: #0000aa } .c { color: COLOUR }</style></head>
<body><main><h1>Code</h1><div class="highlight"><pre>
<span class="k">def</span> <span class="c"># one</span>
<span class="k">def</span> <span class="c"># two</span>
</pre></div></main></body></html>"""


def findings(browser: Browser, folder: Path, text: str, look: checks.Look) -> list[str]:
    """The rules that a page of this text breaks."""
    (folder / "page.html").write_text(text, encoding="utf8")
    with served(folder) as address:
        context = browser.new_context(viewport=DESKTOP)
        found = checks.findings(open_page(context, address + "page.html"), look)
        context.close()
    return [finding.partition(":")[0] for finding in found]


@pytest.mark.parametrize(("colour", "found"), [("#555555", 0), ("#dddddd", 1)])
@pytest.mark.parametrize("look", ["all", "colours"])
def test_a_pale_kind_of_token_is_found_once(
    browser: Browser, tmp_path: Path, look: checks.Look, colour: str, found: int
) -> None:
    text = PAGE.replace("COLOUR", colour)
    assert findings(browser, tmp_path, text, look) == ["color-contrast"] * found


def test_a_pale_formula_is_found_in_each_place_and_on_each_ground(browser: Browser, tmp_path: Path) -> None:
    formula = '<mjx-container class="c">loss</mjx-container>'
    note = f'<div class="admonition" style="background: #ffffee">{formula}</div>'
    text = f"<p>{formula} and {formula}, <a href='page.html'>but {formula}</a></p>{note}</main>"
    text = PAGE.replace("COLOUR", "#dddddd").replace("</main>", text)
    # The kind of token as well.
    assert findings(browser, tmp_path, text, "colours") == ["color-contrast"] * 4


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ('<p style="color: #767676">text</p>', 0),
        ('<p style="color: #777777">text</p>', 1),
        ('<p style="color: #777777">one</p><p style="color: #777777">two</p>', 2),
        ('<p style="color: #777777; font-size: 30px">large</p>', 0),
        ('<p style="color: #777777">one</p><p style="color: #777777; font-size: 12px">two</p>', 2),
        ('<div style="background: #dddddd"><p><b>text</b></p></div>', 0),
        ('<div style="background: #333333"><p><b>text</b></p></div>', 1),
        ('<div style="background: #333333"><div style="background: white"><p>text</p></div></div>', 0),
        ('<div style="opacity: 0.3"><p>text</p></div>', 1),
        ('<label>text <input value="text" style="color: #dddddd"></label>', 1),
        # The first of a look tells nothing when nobody sees it.
        (
            '<p style="color: #777777; position: absolute; left: -999px">hidden</p><p style="color: #777777">shown</p>',
            1,
        ),
        (
            '<p style="color: #777777; position: absolute; clip: rect(0 0 0 0); width: 1px; height: 1px; '
            'overflow: hidden">clipped</p><p style="color: #777777">shown</p>',
            1,
        ),
        (
            '<div style="position: relative"><p style="color: #777777">covered</p><img alt="" '
            'style="position: absolute; inset: 0; width: 100%; height: 100%; background: white"></div>'
            '<p style="color: #777777">shown</p>',
            1,
        ),
        ('<p style="color: #777777">x</p><p style="color: #777777">shown</p>', 1),
        ('<p hidden style="color: #dddddd">text</p>', 0),
    ],
)
def test_the_contrast_of_every_look_is_measured(
    browser: Browser, tmp_path: Path, second: str, found: int
) -> None:
    text = PAGE.replace("COLOUR", "#555555").replace("<main>", f"<main><p>text</p>{second}")
    for look in ("all", "colours"):
        assert findings(browser, tmp_path, text, look) == ["color-contrast"] * found


def test_colours_do_not_count_for_structure(browser: Browser, tmp_path: Path) -> None:
    text = PAGE.replace("COLOUR", "#dddddd").replace("<main>", '<main><img src="x.png">')
    assert findings(browser, tmp_path, text, "structure") == ["image-alt"]


def test_a_kind_that_is_pale_only_in_the_dark_is_found_there(browser: Browser, tmp_path: Path) -> None:
    """Also after the page was looked at in light, where all its tokens have one colour."""
    dark = "@media (prefers-color-scheme: dark) { .c { color: #dddddd } }</style>"
    text = PAGE.replace("COLOUR", "#0000aa").replace("</style>", dark)
    (tmp_path / "page.html").write_text(text, encoding="utf8")
    with served(tmp_path) as address:
        context = browser.new_context(viewport=DESKTOP, color_scheme="light")
        page = open_page(context, address + "page.html")
        assert checks.findings(page) == []
        page.emulate_media(color_scheme="dark")
        (found,) = checks.findings(page, "colours")
        context.close()
    assert found.startswith("color-contrast")
