"""What every page of a built site must satisfy; used on the fixture book and on the course itself."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize

from tests.site.browser import DESKTOP, PHONE, open_page

Scheme = Literal["light", "dark"]
Look = Literal["all", "colours", "structure"]
COLOUR_RULES = ("color-contrast", "link-in-text-block")
SERIOUS = {"serious", "critical"}
LAUNCHERS = ("mybinder.org", "colab.research.google.com", "hub.example.org")
PHONE_BUDGET = 1_500_000  # bytes of one page with everything it loads, as a host that compresses sends it


def pages(site: Path) -> list[str]:
    """The pages of a built site, relative to its root."""
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(path.as_posix() for path in found if path.parts[0] not in ("_static", "_sources"))


# Coloured code is thousands of tokens in a handful of colours, a formula dozens of boxes drawn by one program: one of
# each look stays, the others become plain text of what they stand in, which is looked at as well.
_ONE_OF_EACH_LOOK = """() => {
    const seen = new Set(), again = [];
    for (const part of document.querySelectorAll('.highlight span:not(:has(span)), mjx-container')) {
        const { color, backgroundColor, fontWeight, fontStyle } = getComputedStyle(part);
        const around = part.closest('.highlight, mark, a, th, td, figcaption, .admonition') ?? document.body;
        const ground = getComputedStyle(around).backgroundColor;
        // The kinds as well: two that look the same in one colour scheme may differ in the other.
        const kinds = [part.className, around.tagName, around.className];
        const look = [...kinds, color, backgroundColor, fontWeight, fontStyle, ground].join();
        if (seen.has(look)) again.push(part);
        else seen.add(look);
    }
    // Only now: changes between two looks would lay the page out again each time.
    for (const part of again) part.replaceWith(part.textContent);
}"""

# Contrast is most of the work, and the same for all text of one colour, size and weight on one ground: axe-core
# measures it on some of each, in the colour scheme of the moment. Not on one alone, nor on what nobody sees: of text
# that is off the screen, clipped or covered axe-core says nothing.
_MARK_LOOKS = """() => {
    const grounds = new Map([[null, '']]);
    const ground = (part) => {
        if (!grounds.has(part)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(part);
            const own = [backgroundColor, backgroundImage, opacity].join();
            const below = ground(part.parentElement);
            grounds.set(part, own === 'rgba(0, 0, 0, 0),none,1' ? below : own + below);
        }
        return grounds.get(part);
    };
    const seen = new Map(), some = [];
    for (const part of document.body.querySelectorAll('*')) {
        const texts = [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!texts.length && !part.matches('input, select, textarea') || !part.checkVisibility()) continue;
        const { width, height, right, bottom } = part.getBoundingClientRect();
        if (width < 2 || height < 2 || right + scrollX <= 0 || bottom + scrollY <= 0) continue;
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(part);
        const look = [color, fontSize, fontWeight, textShadow, ground(part)].join();
        const times = seen.get(look) ?? 0;
        if (times < 10) some.push(part);
        seen.set(look, times + 1);
    }
    for (const part of document.querySelectorAll('[data-look]')) part.removeAttribute('data-look');
    for (const part of some) part.setAttribute('data-look', '');
}"""
_RUN = """([part, options]) => {
    axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-look]' }] });
    return axe.run(part ?? document, options).then((results) => results.violations);
}"""


def accessibility(
    browser: Browser, address: str, scheme: Scheme, viewport: ViewportSize, *, each_tab: bool = False
) -> list[str]:
    """Serious and critical findings of axe-core on a page, with its menus open and, if asked for, each tab shown.

    A wide window shows both frameworks at once; there the tabs need no look of their own. The scheme changes colours
    and nothing else.
    """
    look: Look = "colours" if scheme == "dark" else "all"
    context = browser.new_context(color_scheme=scheme, viewport=viewport, reduced_motion="reduce")
    page = open_page(context, address)
    found = findings(page, look)
    if each_tab and page.query_selector(".course-pair"):
        page.evaluate("() => document.querySelector('.course-choice-keras input').click()")
        found += _axe(page, ".bd-article", look=look)
    context.close()
    return sorted(set(found))


def findings(page: Page, look: Look = "all", *, menus: bool = True) -> list[str]:
    """Serious and critical findings of axe-core on an open page, which loses most colours of code and formulas to it.

    ``look`` is for pages whose colours or structure are looked at in another window already. menus: also with each
    menu of the header open.
    """
    page.evaluate(_ONE_OF_EACH_LOOK)
    found = _axe(page, look=look)
    for menu in page.query_selector_all(".article-header-buttons .dropdown-toggle") if menus else []:
        menu.click()
        found += _axe(page, ".article-header-buttons", look=look)
        page.keyboard.press("Escape")
    return found


def _axe(page: Page, part: str | None = None, *, look: Look) -> list[str]:
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if look == "colours":
        options["runOnly"] = list(COLOUR_RULES)
    elif look == "structure":
        options["rules"] = {rule: {"enabled": False} for rule in COLOUR_RULES}
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    if look != "structure":
        page.evaluate(_MARK_LOOKS)
    violations = page.evaluate(_RUN, [part, options])
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in violations
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]


@dataclass
class Traffic:
    """What a page asked for while it was opened."""

    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    size: int = 0


def traffic(browser: Browser, base: str, name: str, viewport: ViewportSize = PHONE) -> Traffic:
    """Every request and every complaint of the console while a page is opened and loads all its images."""
    context = browser.new_context(viewport=viewport)
    _, seen = opened(context, base, name)
    context.close()
    return seen


def opened(context: BrowserContext, base: str, name: str) -> tuple[Page, Traffic]:
    """Open a page with all its images, and log every request and every complaint of the console."""
    seen = Traffic()
    context.on("request", lambda r: seen.foreign.append(r.url) if _is_foreign(r.url, base) else None)
    context.on("requestfailed", lambda r: seen.failed.append(f"{r.url}: {r.failure}"))
    context.on("response", lambda r: seen.failed.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    context.on(
        "console",
        lambda m: seen.complaints.append(m.text) if m.type in ("error", "warning") else None,
    )
    context.on("weberror", lambda e: seen.complaints.append(str(e.error)))
    responses: list[Response] = []
    context.on("response", lambda response: responses.append(response))
    page = open_page(context, base + name)
    page.evaluate("() => document.querySelectorAll('img').forEach((image) => (image.loading = 'eager'))")
    page.wait_for_load_state("networkidle")
    seen.size = sum(_compressed_size(response) for response in responses if response.ok)
    return page, seen


def _is_foreign(address: str, base: str) -> bool:
    return not address.startswith((base, "data:", "blob:"))


def _compressed_size(response: Response) -> int:
    """The size a static host would send: text compressed, fonts and pictures as they are."""
    return _compressed(response.body())


# Most of what a page loads it shares with every other.
@lru_cache(maxsize=64)
def _compressed(body: bytes) -> int:
    return min(len(body), len(gzip.compress(body)))


class _Links(HTMLParser):
    """The addresses and images of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, dict[str, str | None]]] = []
        self.images: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "a" and values.get("href"):
            self.links.append((values["href"] or "", values))
        if tag == "img":
            self.images.append(values)


def parsed(page: Path) -> _Links:
    """Links and images of one page."""
    parser = _Links()
    parser.feed(page.read_text(encoding="utf8"))
    return parser


def broken_links(site: Path, name: str) -> list[str]:
    """Links of a page to files that are not in the site."""
    missing = []
    for href, _ in parsed(site / name).links:
        parts = urlsplit(href)
        if parts.scheme or parts.netloc or not parts.path:
            continue
        if not (site / name).parent.joinpath(unquote(parts.path)).resolve().exists():
            missing.append(href)
    return missing


def downloads(site: Path, name: str) -> list[Path]:
    """The notebooks that a page's facts line offers."""
    offered = [href for href, values in parsed(site / name).links if values.get("class") == "course-download"]
    return [(site / name).parent.joinpath(unquote(href)).resolve() for href in offered]


def launch_targets(site: Path, name: str) -> dict[str, str]:
    """For each launch button of a page: the file of the repository that it opens."""
    targets = {}
    for href, _ in parsed(site / name).links:
        parts = urlsplit(href)
        if parts.netloc in LAUNCHERS:
            found = re.search(r"(?:lab/tree/|blob/main/)(.+?\.[a-z]+)(?:&|$)", unquote(href))
            targets[parts.netloc] = (found[1] if found else href).removeprefix("deep-learning-course/")
    return targets


def images_without_alt(site: Path, name: str) -> list[str]:
    """Images of a page that say nothing, or only their own file name, to a screen reader."""
    return [
        values.get("src") or "?"
        for values in parsed(site / name).images
        if "alt" not in values or _is_file_name(values["alt"] or "", values.get("src") or "")
    ]


def _is_file_name(alt: str, source: str) -> bool:
    return bool(alt) and (alt in source or bool(re.fullmatch(r"\S*[0-9a-f]{16,}\S*", alt)))


SCHEMES: tuple[Scheme, ...] = ("light", "dark")
VIEWPORTS = {"desktop": DESKTOP, "phone": PHONE}
