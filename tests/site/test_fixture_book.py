"""The small book in a real browser: pairs, switch, tabs, no JavaScript, offline, accessible."""

from __future__ import annotations

import re

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.site import checks
from tests.site.browser import DESKTOP, PHONE, boxes, open_page
from tests.site.conftest import Site

PAGES = ["chapters/alpha.html", "chapters/beta.html", "chapters/gamma.html"]
PAGES += ["chapters/folklore.html", "index.html", "search.html"]


def alpha(context: BrowserContext, site: Site) -> Page:
    return open_page(context, site.address + "chapters/alpha.html")


# ---- columns


@pytest.mark.parametrize("name", PAGES[:3])
def test_two_columns_at_desktop_width(browser: Browser, site: Site, name: str) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, site.address + name)
    left, right = boxes(page)
    assert left is not None
    assert right is not None
    assert abs(left["y"] - right["y"]) < 2
    assert abs(left["width"] - right["width"]) < 2
    assert left["width"] > 400
    assert abs(left["x"] - right["x"]) >= left["width"]
    assert max(box["x"] + box["width"] for box in (left, right)) <= DESKTOP["width"]
    expect(page.locator(".course-pair").first.get_by_role("tab")).to_have_count(0)
    expect(page.get_by_role("group", name="Keras").first).to_be_visible()
    context.close()


def test_a_page_never_scrolls_sideways(browser: Browser, site: Site) -> None:
    laptop, wide = ViewportSize(width=1100, height=800), ViewportSize(width=1600, height=900)
    for viewport in (DESKTOP, PHONE, laptop, wide):
        context = browser.new_context(viewport=viewport)
        page = alpha(context, site)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        context.close()


def test_what_scrolls_inside_the_page_can_be_focused(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = alpha(context, site)
    box = page.locator("pre", has_text="far too long for its column").first
    assert box.evaluate("(node) => node.scrollWidth > node.clientWidth")
    expect(box).to_have_attribute("tabindex", "0")
    context.close()


# ---- the switch and its memory


def test_the_switch_shows_one_framework_and_is_remembered_across_pages(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = alpha(context, site)
    switch = page.get_by_role("radiogroup", name="Framework shown")
    expect(switch.get_by_label("Both")).to_be_checked()
    switch.get_by_label("Keras").check()
    left, right = boxes(page)
    assert left is None
    assert right is not None

    page.goto(site.address + "chapters/beta.html")
    expect(page.get_by_role("radiogroup").get_by_label("Keras")).to_be_checked()
    left, right = boxes(page)
    assert left is None
    assert right is not None

    page.get_by_role("radiogroup").get_by_label("Both").check()
    assert None not in boxes(page)
    context.close()


def test_the_switch_works_with_the_arrow_keys(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = alpha(context, site)
    page.get_by_role("radiogroup").get_by_label("Both").focus()
    page.keyboard.press("ArrowRight")
    left, right = boxes(page)
    assert left is not None
    assert right is None
    context.close()


def test_two_open_pages_stay_in_step(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    one, two = alpha(context, site), open_page(context, site.address + "chapters/beta.html")
    one.get_by_role("radiogroup").get_by_label("PyTorch").check()
    expect(two.get_by_role("radiogroup").get_by_label("PyTorch")).to_be_checked()
    assert boxes(two)[1] is None
    context.close()


def test_a_broken_memory_does_not_break_the_page(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    context.add_init_script("localStorage.setItem('course-framework', 'nonsense')")
    assert None not in boxes(alpha(context, site))
    context.close()


def test_storage_switched_off(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('switched off') }})"
    )
    page = alpha(context, site)
    page.get_by_role("radiogroup").get_by_label("Keras").check()
    assert boxes(page)[0] is None
    context.close()


def test_the_reader_stays_where_they_are(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=PHONE)
    page = alpha(context, site)
    pair = page.locator(".course-pair").nth(1)
    pair.scroll_into_view_if_needed()
    before = pair.bounding_box()
    pair.get_by_role("tab", name="Keras").click()
    after = pair.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    context.close()


# ---- tabs


def test_synced_tabs_at_phone_width(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=PHONE)
    page = alpha(context, site)
    assert boxes(page)[1] is None
    page.locator(".course-pair").nth(1).get_by_role("tab", name="Keras").click()
    for number in (0, 1):
        left, right = boxes(page, number)
        assert left is None
        assert right is not None
        assert right["x"] + right["width"] <= PHONE["width"]
    page.goto(site.address + "chapters/beta.html")
    assert boxes(page)[0] is None
    context.close()


def test_tabs_work_with_the_keyboard_and_name_their_panels(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=PHONE)
    page = alpha(context, site)
    pair = page.locator(".course-pair").first
    expect(pair.get_by_role("tablist")).to_be_visible()
    pytorch, keras = pair.get_by_role("tab", name="PyTorch"), pair.get_by_role("tab", name="Keras")
    pytorch.focus()
    for key, now in [("ArrowRight", keras), ("ArrowRight", pytorch), ("ArrowLeft", keras), ("Home", pytorch)]:
        page.keyboard.press(key)
        expect(now).to_be_focused()
        expect(now).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(pytorch).to_have_attribute("tabindex", "-1")
    panel = pair.get_by_role("tabpanel", name="Keras")
    expect(panel).to_be_visible()
    assert panel.get_attribute("id") == keras.get_attribute("aria-controls")
    context.close()


def test_turning_the_phone_turns_tabs_into_columns(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=PHONE)
    page = alpha(context, site)
    page.set_viewport_size(DESKTOP)
    expect(page.get_by_role("tabpanel")).to_have_count(0)
    assert None not in boxes(page)
    context.close()


# ---- without JavaScript, on paper


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_without_javascript_both_are_shown_under_headings(
    browser: Browser, site: Site, viewport: ViewportSize
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=viewport)
    page = context.new_page()
    page.goto(site.address + "chapters/alpha.html")
    left, right = boxes(page)
    assert left is not None
    assert right is not None
    assert right["y"] >= left["y"] + left["height"]
    expect(page.locator(".course-side-label", has_text="PyTorch").first).to_be_visible()
    expect(page.locator(".course-side-label", has_text="Keras").first).to_be_visible()
    expect(page.locator(".course-switch")).to_have_count(0)
    context.close()


def test_print_shows_both(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=PHONE)
    page = alpha(context, site)
    page.emulate_media(media="print")
    assert None not in boxes(page)
    context.close()


def test_a_lonely_cell_is_labelled(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = alpha(context, site)
    lonely = page.locator(".course-lonely")
    expect(lonely).to_have_count(1)
    expect(lonely.locator(".course-side-label")).to_have_text("Keras")
    context.close()


# ---- what every page must satisfy


@pytest.mark.parametrize("name", PAGES)
def test_no_foreign_request_and_no_complaint(browser: Browser, site: Site, name: str) -> None:
    seen = checks.traffic(browser, site.address, name)
    assert (seen.foreign, seen.failed, seen.complaints) == ([], [], [])


def test_mathjax_and_mermaid_only_where_they_are_used(browser: Browser, site: Site) -> None:
    for name, used in [("chapters/alpha.html", True), ("chapters/beta.html", False), ("search.html", False)]:
        text = (site.folder / name).read_text(encoding="utf8")
        assert ("vendor/mathjax" in text) is used
        assert ("mermaid.mjs" in text) is used
    context = browser.new_context(viewport=DESKTOP)
    page = alpha(context, site)
    expect(page.locator("mjx-container").first).to_be_visible()
    expect(page.locator("mjx-assistive-mml").first).to_be_attached()
    diagram = page.get_by_role("img", name="data flows from the input to the output")
    expect(diagram.locator("svg")).to_be_visible()
    # As large as it was drawn, not stretched to the width of the text.
    drawn = diagram.locator("svg").evaluate("(svg) => svg.viewBox.baseVal.width")
    assert diagram.locator("svg").bounding_box()["width"] == pytest.approx(drawn, abs=1)
    context.close()


def test_a_traceback_has_no_frames_of_libraries(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    shown = alpha(context, site).locator(".traceback").inner_text()
    assert "----> 2 json.loads(" in shown
    assert "[... 3 frames in Python ...]" in shown
    assert "JSONDecodeError: Expecting property name" in shown
    assert "File " not in shown
    context.close()


@pytest.mark.parametrize("scheme", checks.SCHEMES)
@pytest.mark.parametrize("viewport", checks.VIEWPORTS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(
    browser: Browser, site: Site, name: str, viewport: str, scheme: checks.Scheme
) -> None:
    size = checks.VIEWPORTS[viewport]
    assert checks.accessibility(browser, site.address + name, scheme, size, each_tab=True) == []


def test_icons_come_from_fonts(browser: Browser, site: Site) -> None:
    assert "fontawesome.js" not in (site.folder / "chapters/alpha.html").read_text(encoding="utf8")
    context = browser.new_context(viewport=DESKTOP)
    page = alpha(context, site)
    icons = page.locator(
        ".article-header-buttons button:visible i:visible, .article-header-buttons button span.theme-switch:visible"
    )
    assert icons.count() >= 3
    for icon in icons.all():
        family = icon.evaluate("(node) => getComputedStyle(node, '::before').fontFamily")
        assert "Font Awesome" in family
    context.close()


def test_search_finds_a_word_of_a_chapter(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP)
    page = open_page(context, site.address + "search.html?q=careful")
    expect(page.locator("#search-results li a").first).to_have_text("Alpha")
    context.close()


def test_dark_mode_keeps_figures_on_a_light_card(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme="dark")
    page = alpha(context, site)
    figure = page.locator(".cell_output img").first
    red, green, blue = figure.evaluate(
        "(node) => getComputedStyle(node).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    assert min(red, green, blue) > 230
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in background[4:-1].split(",")) < 60
    context.close()


# ---- what the pages link to


def test_no_broken_link(site: Site) -> None:
    assert {name: missing for name in PAGES if (missing := checks.broken_links(site.folder, name))} == {}


def test_three_downloads_hold_the_right_cells(site: Site) -> None:
    both, pytorch, keras = checks.downloads(site.folder, "chapters/alpha.html")
    assert [path.name for path in (both, pytorch, keras)] == [
        "alpha.ipynb",
        "alpha-pytorch.ipynb",
        "alpha-keras.ipynb",
    ]
    sources = {path: nbformat.read(path, as_version=4) for path in (both, pytorch, keras)}
    for nb in sources.values():
        nbformat.validate(nb)
    code = {path: "".join(cell.source for cell in nb.cells) for path, nb in sources.items()}
    assert '"left "' in code[both]
    assert '"right "' in code[both]
    assert '"left "' in code[pytorch]
    assert '"right "' not in code[pytorch]
    assert '"right "' in code[keras]
    assert '"left "' not in code[keras]


def test_launch_buttons_open_the_notebook_beside_the_source(site: Site) -> None:
    targets = checks.launch_targets(site.folder, "chapters/alpha.html")
    assert targets == dict.fromkeys(checks.LAUNCHERS, "chapters/alpha.ipynb")


def test_figures_have_alt_text_a_size_and_load_late(site: Site) -> None:
    for name in PAGES:
        assert checks.images_without_alt(site.folder, name) == []
    (figure,) = [
        image
        for image in checks.parsed(site.folder / "chapters/alpha.html").images
        if "_images" in (image["src"] or "")
    ]
    assert figure["alt"] == "A line rises from left to right."
    assert (figure["width"], figure["height"]) == ("320", "160")
    assert figure["loading"] == "lazy"


def test_a_formula_keeps_its_punctuation(site: Site) -> None:
    text = (site.folder / "chapters/alpha.html").read_text(encoding="utf8")
    assert text.count('<span class="nowrap"><span class="math') == 2
    assert re.search(r'<span class="nowrap"><span class="math[^>]*>\\\(w\\\)</span>\)</span> and', text)


def test_source_is_shown_highlighted(site: Site) -> None:
    text = (site.folder / "chapters/alpha.html").read_text(encoding="utf8")
    assert '<span class="k">def</span><span class="w"> </span><span class="nf">framework_of</span>' in text
