"""The order of the tests, and one browser per module: two at a time are more than Playwright allows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A module is run by one process. These take minutes, and begin first: at the end no process waits for another.
LONG = (
    "site/test_built_site.py",
    "grading/records/test_compat.py",
    "grading/attacks/test_attacks.py",
    "notebooks/test_nbval.py",
    "grading/faults/test_faults.py",
    "grading/test_assignments.py",
    "grading/test_any_course.py",
    "grading/bench/test_corpora.py",
    "grading/bench/test_runs.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long modules first."""
    here = Path(__file__).parent
    rank = {here / name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


# Not for the whole session: while it runs, no other test of this thread can have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    # Imported here: most tests need no browser.
    from tests.site.browser import chromium

    with chromium() as running:
        yield running
