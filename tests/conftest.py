"""One browser for all tests that look at pages: two at a time are more than Playwright allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    # Imported here: most tests need no browser.
    from tests.site.browser import chromium

    with chromium() as running:
        yield running
