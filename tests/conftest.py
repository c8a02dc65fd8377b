"""One browser for the tests of a module that look at pages: two at a time are more than Playwright allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


# Not for the whole session: while it runs, no other test of this thread can have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    # Imported here: most tests need no browser.
    from tests.site.browser import chromium

    with chromium() as running:
        yield running
