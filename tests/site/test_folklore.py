"""The folklore page lists the claims of the executions that the site shows, and is never stale."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.site import books, checks
from tests.site.browser import DESKTOP, served

CELL = """
```{code-cell}
from course_lib.claims import claim
claim("%s", "%s", "%s", "%s")
```
"""
ONE = books.HEADER + "# Chapter *one*\n" + CELL % ("first", "Wide < deep", "3 of 4 seeds", "depends")
ONE += CELL % ("second", "More is better", "2 & 3", "refuted")
TWO = books.HEADER + "# Chapter two\n" + CELL % ("third", "Small steps end", "always", "holds")
CHAPTERS = {"two.md": TWO, "one.md": ONE, "folklore.md": books.FOLKLORE}  # not in alphabetical order


def page(folder: Path) -> str:
    return (folder / "_build" / "html" / "chapters" / "folklore.html").read_text(encoding="utf8")


def shown(text: str) -> list[tuple[str, str, str, str]]:
    """Verdict, address, statement and measurement of every claim on the page."""
    items = re.findall(
        r'<li class="course-(\w+)"><p><span class="course-verdict">\w+</span> '
        r'<a class="reference internal" href="([^"]+)">(.*?)</a></p>\s*<p>(.*?)</p>',
        text,
    )
    return [(verdict, address, statement, measured) for verdict, address, statement, measured in items]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built book with three claims."""
    folder = books.write_book(tmp_path_factory.mktemp("folklore") / "book", CHAPTERS)
    books.built(folder)
    return folder


@pytest.fixture
def own_book(book: Path, tmp_path: Path) -> Path:
    """A copy of the book's sources that a test may change."""
    return Path(shutil.copytree(book, tmp_path / "book", ignore=shutil.ignore_patterns("_build")))


def test_every_claim_in_reading_order_with_a_link_to_its_card(book: Path) -> None:
    assert shown(page(book)) == [
        ("holds", "two.html#claim-third", "Small steps end", "always"),
        ("depends", "one.html#claim-first", "Wide &lt; deep", "3 of 4 seeds"),
        ("refuted", "one.html#claim-second", "More is better", "2 &amp; 3"),
    ]
    for _, address, _, _ in shown(page(book)):
        name, anchor = address.split("#")
        assert f'id="{anchor}"' in (book / "_build/html/chapters" / name).read_text(encoding="utf8")


def test_verdicts_are_counted(book: Path) -> None:
    text = page(book)
    assert "3 measured claims: 1 holds, 1 depends, 1 refuted." in text
    rows = re.findall(r"<tr.*?</tr>", text, re.DOTALL)
    cells = [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows]
    assert cells == [
        ["chapter", "holds", "depends", "refuted"],
        ["Chapter", "two", "1", "0", "0"],
        ["Chapter", "one", "0", "1", "1"],
    ]
    assert "so their claims are missing here" not in text


def test_the_search_knows_the_claims(book: Path) -> None:
    index = (book / "_build" / "html" / "searchindex.js").read_text(encoding="utf8")
    assert '"seed"' in index


def test_a_change_in_a_chapter_changes_the_page(own_book: Path) -> None:
    books.built(own_book)
    chapter = own_book / "chapters" / "two.md"
    chapter.write_text(TWO.replace("always", "in 9 of 10 runs"), encoding="utf8")
    books.built(own_book)
    assert shown(page(own_book))[0] == (
        "holds",
        "two.html#claim-third",
        "Small steps end",
        "in 9 of 10 runs",
    )
    assert len(shown(page(own_book))) == 3


def test_a_claim_recorded_twice_is_an_error_of_the_build(own_book: Path) -> None:
    (own_book / "chapters" / "two.md").write_text(TWO.replace("third", "first"), encoding="utf8")
    result = books.build(own_book)
    assert result.returncode != 0
    assert "claim first is recorded twice" in result.stderr


def test_without_executions_the_page_says_what_is_missing(own_book: Path) -> None:
    configuration = own_book / "_config.yml"
    text = configuration.read_text(encoding="utf8")
    assert "execute_notebooks: cache" in text
    configuration.write_text(
        text.replace("execute_notebooks: cache", "execute_notebooks: 'off'"), encoding="utf8"
    )
    books.build(own_book)  # MyST-NB complains of notebooks that were not executed
    plain = re.sub(r"<[^>]+>", "", page(own_book))
    assert "0 measured claims" in plain
    assert "no executions of Chapter two, Chapter one, so their claims are missing here" in plain


def test_on_paper_the_claims_are_listed_without_links(own_book: Path) -> None:
    result = books.build(own_book, "--builder", "latex")
    assert result.returncode == 0, result.stderr[-2000:]
    (file,) = (own_book / "_build" / "latex").glob("*.tex")
    text = file.read_text(encoding="utf8")
    assert "3 measured claims" in text
    assert "in 9 of 10" not in text
    assert text.count("Small steps end") == 3  # the cell, its card in plain form, and the list
    assert "course-show" not in text


@pytest.mark.parametrize("script", [True, False])
def test_the_filter_needs_no_script(browser: Browser, book: Path, script: bool) -> None:
    with served(book / "_build" / "html") as address:
        context = browser.new_context(java_script_enabled=script, viewport=DESKTOP)
        opened = context.new_page()
        opened.goto(address + "chapters/folklore.html")
        items = opened.locator(".course-claims > li")
        expect(items).to_have_count(3)
        assert [item.is_visible() for item in items.all()] == [True, True, True]
        opened.get_by_label("refuted (1)").check()
        assert [item.is_visible() for item in items.all()] == [False, False, True]
        expect(opened.get_by_role("heading", name="Chapter two")).to_be_hidden()
        expect(opened.get_by_role("heading", name="Chapter one")).to_be_visible()
        opened.get_by_label("all (3)").check()
        assert [item.is_visible() for item in items.all()] == [True, True, True]
        context.close()


def test_the_filter_works_with_the_keyboard(browser: Browser, book: Path) -> None:
    with served(book / "_build" / "html") as address:
        context = browser.new_context(viewport=DESKTOP)
        opened = context.new_page()
        opened.goto(address + "chapters/folklore.html")
        opened.get_by_label("all (3)").focus()
        opened.keyboard.press("ArrowRight")
        expect(opened.get_by_label("holds (1)")).to_be_checked()
        assert opened.locator(".course-claims > li:visible").count() == 1
        context.close()


def test_links_lead_somewhere(book: Path) -> None:
    assert checks.broken_links(book / "_build" / "html", "chapters/folklore.html") == []
