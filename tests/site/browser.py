"""The Chromium that the site tests drive: `python tests/site/browser.py` makes sure there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FloatRect,
    Page,
    Playwright,
    ViewportSize,
    sync_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


def installed(playwright: Playwright) -> str | None:
    """Path of a Chromium: `COURSE_CHROMIUM`, one of the system, or the one playwright installed."""
    if named := os.environ.get("COURSE_CHROMIUM"):
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).is_file() else None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running headless Chromium."""
    with sync_playwright() as playwright:
        path = installed(playwright)
        if path is None:
            raise RuntimeError("none found by `make browser`")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """No line per request."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a built site on 127.0.0.1; the address ends in a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def boxes(page: Page, number: int = 0) -> tuple[FloatRect | None, FloatRect | None]:
    """Where the two sides of a pair are; None for one that is not shown."""
    pair = page.locator(".course-pair").nth(number)
    left, right = (pair.locator(f".course-side.course-{name}") for name in ("pytorch", "keras"))
    return left.bounding_box(), right.bounding_box()


def open_page(context: BrowserContext, address: str) -> Page:
    """Open a page and wait until nothing is loaded any more and formulas and diagrams stand."""
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    page.wait_for_function(
        "() => [...document.querySelectorAll('pre.mermaid')].every((node) => node.querySelector('svg'))"
    )
    return page


def main() -> int:
    """Install a Chromium where the machine has none: the distribution's as root on Debian, else playwright's."""
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    attempts = [own]
    if os.environ.get("COURSE_CHROMIUM"):
        attempts = []
    elif shutil.which("apt-get") and os.geteuid() == 0:
        install = "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install chromium"
        attempts = [["sh", "-c", install], [*own, "--with-deps"]]
    reason = _problem()
    while reason and attempts:
        subprocess.run(attempts.pop(0), check=False, stdin=subprocess.DEVNULL)
        reason = _problem()
    if reason:
        print(
            f"no Chromium for the site tests: {reason}; install one, or name one that starts in COURSE_CHROMIUM",
            file=sys.stderr,
        )
    return 2 if reason else 0


def _problem() -> str:
    """Why no Chromium starts here; empty when one does."""
    try:
        with chromium():
            return ""
    except (RuntimeError, Error) as error:
        return str(error).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
