"""The course's own site, as `make book` leaves it: every page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from course_lib.notebooks.layout import Project
from course_lib.notebooks.source import read_source
from tests.site import checks
from tests.site.books import REPOSITORY
from tests.site.browser import DESKTOP, PHONE, boxes, open_page, served
from tests.site.conftest import Site

BUILT = REPOSITORY / "_build" / "html"
PAGES = checks.pages(BUILT) if BUILT.is_dir() else []
CHAPTERS = [Project(REPOSITORY).name(path.with_suffix(".html")) for path in Project(REPOSITORY).chapters()]


@pytest.fixture(scope="module")
def course() -> Iterator[Site]:
    """The built course, served on 127.0.0.1."""
    if not (BUILT / "index.html").is_file():
        pytest.fail("there is no built site in _build/html: run make book first")
    with served(BUILT) as address:
        yield Site(BUILT, address)


def test_every_chapter_has_its_page(course: Site) -> None:
    assert [name for name in CHAPTERS if name not in PAGES] == []


@pytest.mark.parametrize("name", PAGES)
def test_page_asks_nobody_else_and_suits_a_phone(browser: Browser, course: Site, name: str) -> None:
    seen = checks.traffic(browser, course.address, name)
    assert (seen.foreign, seen.failed, seen.complaints) == ([], [], [])
    assert seen.size < checks.PHONE_BUDGET


# The scheme changes colours and nothing else; a phone shows the same colours in another layout. The rest of the
# table, and the labels of tabs, are looked at in the fixture book.
@pytest.mark.parametrize(
    ("viewport", "scheme", "look"),
    [("desktop", "light", "all"), ("desktop", "dark", "colours"), ("phone", "light", "structure")],
)
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible(
    browser: Browser, course: Site, name: str, viewport: str, scheme: checks.Scheme, look: checks.Look
) -> None:
    size = checks.VIEWPORTS[viewport]
    assert checks.accessibility(browser, course.address + name, scheme, size, look=look) == []


@pytest.mark.parametrize("viewport", checks.VIEWPORTS)
@pytest.mark.parametrize("name", PAGES)
def test_page_does_not_scroll_sideways(browser: Browser, course: Site, name: str, viewport: str) -> None:
    context = browser.new_context(viewport=checks.VIEWPORTS[viewport])
    page = open_page(context, course.address + name)
    assert page.evaluate("document.documentElement.scrollWidth") <= checks.VIEWPORTS[viewport]["width"]
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_sound(course: Site, name: str) -> None:
    assert checks.broken_links(course.folder, name) == []
    assert checks.images_without_alt(course.folder, name) == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_pairs_of_a_chapter_stand_side_by_side(browser: Browser, course: Site, name: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, course.address + name)
    pairs = page.locator(".course-pair")
    assert pairs.count() > 0
    for pair in pairs.all():
        left, right = (pair.locator(f".course-{side}").bounding_box() for side in ("pytorch", "keras"))
        assert left is not None
        assert right is not None
        assert abs(left["y"] - right["y"]) < 2
        assert left["x"] + left["width"] <= right["x"]
    context.close()


def test_the_switch_is_remembered_from_chapter_to_chapter(browser: Browser, course: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, course.address + CHAPTERS[0])
    assert None not in boxes(page)
    page.get_by_role("radiogroup", name="Framework shown").get_by_label("Keras").check()
    for name in CHAPTERS:
        page.goto(course.address + name)
        left, right = boxes(page)
        assert left is None
        assert right is not None
    context.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_tabs_of_a_chapter_on_a_phone(browser: Browser, course: Site, name: str) -> None:
    context = browser.new_context(viewport=PHONE)
    page = open_page(context, course.address + name)
    assert boxes(page)[1] is None
    page.locator(".course-pair").nth(1).get_by_role("tab", name="Keras").click()
    for number in (0, 1):
        left, right = boxes(page, number)
        assert left is None
        assert right is not None
    context.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_chapter_without_javascript_shows_both(browser: Browser, course: Site, name: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP)
    page = context.new_page()
    page.goto(course.address + name)
    left, right = boxes(page)
    assert left is not None
    assert right is not None
    assert left["y"] + left["height"] <= right["y"]
    context.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_of_a_chapter_are_on_its_page(course: Site, name: str) -> None:
    source = read_source((REPOSITORY / name).with_suffix(".md"))
    described = [
        cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        for cell in source.nb.cells
        if "remove-cell" not in cell.metadata.get("tags", [])
    ]
    shown = {image.get("alt") for image in checks.parsed(course.folder / name).images}
    assert [alt for alt in described if alt and alt not in shown] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_facts_and_downloads_of_a_chapter(course: Site, name: str) -> None:
    text = (course.folder / name).read_text(encoding="utf8")
    assert 'class="course-ran">This page ran in ' in text
    offered = checks.downloads(course.folder, name)
    assert len(offered) == 3
    for path in offered:
        nbformat.validate(nbformat.read(path, as_version=4))


@pytest.mark.parametrize("name", CHAPTERS)
def test_launch_buttons_of_a_chapter_open_a_notebook_of_the_repository(course: Site, name: str) -> None:
    targets = checks.launch_targets(course.folder, name)
    assert targets == dict.fromkeys(checks.LAUNCHERS, str(Path(name).with_suffix(".ipynb")))
    for target in targets.values():
        assert (REPOSITORY / target).is_file()
