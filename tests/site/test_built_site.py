"""The course's own site, as `make book` leaves it: every page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from course_lib.notebooks.layout import Project
from course_lib.notebooks.source import read_source
from tests.site import checks
from tests.site.books import REPOSITORY
from tests.site.browser import DESKTOP, PHONE, boxes, open_page, served
from tests.site.conftest import Site

BUILT = REPOSITORY / "_build" / "html"
PAGES = checks.pages(BUILT) if BUILT.is_dir() else []
CHAPTERS = [Project(REPOSITORY).name(path.with_suffix(".html")) for path in Project(REPOSITORY).chapters()]
# The menus are the same on every chapter, and on every other page.
ONE_OF_EACH_KIND = (CHAPTERS[0], "index.html")
# The pages of a part differ in nothing that the switch sees.
FIRST_OF_EACH_PART = {Path(name).parent.name: name for name in reversed(CHAPTERS)}

_BACKGROUND = "() => getComputedStyle(document.body).backgroundColor"
# Where the two sides of each pair are; asking for one after the other takes seconds in a long chapter.
_SIDES = """() => {
    const box = (pair, side) => pair.querySelector(`.course-side.course-${side}`).getBoundingClientRect().toJSON();
    const pairs = [...document.querySelectorAll('.course-pair')];
    return pairs.map((pair) => [box(pair, 'pytorch'), box(pair, 'keras')]);
}"""


@pytest.fixture(scope="module")
def course() -> Iterator[Site]:
    """The built course, served on 127.0.0.1."""
    if not (BUILT / "index.html").is_file():
        pytest.fail("there is no built site in _build/html: run make book first")
    with served(BUILT) as address:
        yield Site(BUILT, address)


@dataclass(frozen=True)
class Opened:
    """A page of the course, and what it asked for until it stood."""

    name: str
    page: Page
    traffic: checks.Traffic

    def at(self, size: ViewportSize) -> Opened:
        """The page in a window of this size."""
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)
            # The theme lets the keyboard scroll what has become too wide 0.3 s after the window was resized.
            self.page.wait_for_timeout(600)
        return self


# Opening a chapter costs seconds: each page is opened once, on a phone, and every test looks at it, in the order in
# which they stand here. That a page can also be opened in a wide window is tested on the fixture book.
@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, browser: Browser, course: Site) -> Iterator[Opened]:
    """A page in the light."""
    with browser.new_context(color_scheme="light", viewport=PHONE, reduced_motion="reduce") as context:
        yield Opened(request.param, *checks.opened(context, course.address, request.param))


@pytest.fixture
def phone(opened: Opened) -> Opened:
    """A page in a narrow window."""
    return opened.at(PHONE)


@pytest.fixture
def desktop(opened: Opened) -> Opened:
    """A page in a wide window."""
    return opened.at(DESKTOP)


def on(names: list[str]) -> pytest.MarkDecorator:
    """The test is for these pages."""
    return pytest.mark.parametrize("opened", names, indirect=True, scope="module")


def test_every_chapter_has_its_page(course: Site) -> None:
    assert [name for name in CHAPTERS if name not in PAGES] == []


@on(PAGES)
def test_page_asks_nobody_else_and_suits_a_phone(phone: Opened) -> None:
    seen = phone.traffic
    assert (seen.foreign, seen.failed, seen.complaints) == ([], [], [])
    assert seen.size < checks.PHONE_BUDGET
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@on(PAGES)
def test_page_fits_a_wide_window(desktop: Opened) -> None:
    assert desktop.page.evaluate("document.documentElement.scrollWidth") <= DESKTOP["width"]


@on(CHAPTERS)
def test_pairs_of_a_chapter_stand_side_by_side(desktop: Opened) -> None:
    pairs = desktop.page.evaluate(_SIDES)
    assert pairs
    for left, right in pairs:
        assert abs(left["y"] - right["y"]) < 2
        assert left["width"] > 0
        assert left["x"] + left["width"] <= right["x"]


@on(PAGES)
def test_page_is_accessible(desktop: Opened) -> None:
    assert checks.findings(desktop.page, menus=desktop.name in ONE_OF_EACH_KIND) == []


# The scheme changes colours and nothing else.
@on(PAGES)
def test_page_is_legible_in_the_dark(desktop: Opened) -> None:
    light = desktop.page.evaluate(_BACKGROUND)
    desktop.page.emulate_media(color_scheme="dark")
    desktop.page.wait_for_function(f"(light) => ({_BACKGROUND})() !== light", arg=light)
    assert checks.findings(desktop.page, "colours", menus=desktop.name in ONE_OF_EACH_KIND) == []


# A phone shows the colours of a wide window in another layout. The labels of tabs are looked at in the fixture book.
@on(PAGES)
def test_page_is_accessible_on_a_phone(phone: Opened) -> None:
    assert checks.findings(phone.page, "structure", menus=phone.name in ONE_OF_EACH_KIND) == []


# The last: the choice is for every width.
@on(CHAPTERS)
def test_tabs_of_a_chapter_on_a_phone(phone: Opened) -> None:
    assert boxes(phone.page)[1] is None
    phone.page.locator(".course-pair").nth(1).get_by_role("tab", name="Keras").click()
    for number in (0, 1):
        left, right = boxes(phone.page, number)
        assert left is None
        assert right is not None


def test_the_switch_is_remembered_from_chapter_to_chapter(browser: Browser, course: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, course.address + CHAPTERS[0])
    assert None not in boxes(page)
    page.get_by_role("radiogroup", name="Framework shown").get_by_label("Keras").check()
    for name in FIRST_OF_EACH_PART.values():
        page.goto(course.address + name)
        left, right = boxes(page)
        assert left is None
        assert right is not None
    context.close()


@pytest.mark.parametrize("name", FIRST_OF_EACH_PART.values(), ids=FIRST_OF_EACH_PART)
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
