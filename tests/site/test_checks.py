"""The checks of pages find what they look for."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site import checks
from tests.site.browser import DESKTOP, served

PAGE = """<!doctype html>
<html lang="en"><head><title>Code</title>
<style>body { background: white } .k { color: #0000aa } .c { color: COLOUR }</style></head>
<body><main><h1>Code</h1><div class="highlight"><pre>
<span class="k">def</span> <span class="c"># one</span>
<span class="k">def</span> <span class="c"># two</span>
</pre></div></main></body></html>"""


@pytest.mark.parametrize(("colour", "found"), [("#555555", 0), ("#dddddd", 1)])
@pytest.mark.parametrize("look", ["all", "colours"])
def test_a_pale_kind_of_token_is_found_once(
    browser: Browser, tmp_path: Path, look: checks.Look, colour: str, found: int
) -> None:
    (tmp_path / "page.html").write_text(PAGE.replace("COLOUR", colour), encoding="utf8")
    with served(tmp_path) as address:
        findings = checks.accessibility(browser, address + "page.html", "light", DESKTOP, look=look)
    assert [finding.partition(":")[0] for finding in findings] == ["color-contrast"] * found


def test_colours_do_not_count_for_structure(browser: Browser, tmp_path: Path) -> None:
    page = PAGE.replace("COLOUR", "#dddddd").replace("<main>", '<main><img src="x.png">')
    (tmp_path / "page.html").write_text(page, encoding="utf8")
    with served(tmp_path) as address:
        findings = checks.accessibility(browser, address + "page.html", "light", DESKTOP, look="structure")
    assert [finding.partition(":")[0] for finding in findings] == ["image-alt"]
