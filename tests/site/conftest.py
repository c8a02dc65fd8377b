"""One built fixture book for all site tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.site import books
from tests.site.browser import served


@dataclass(frozen=True)
class Site:
    """A built site that is being served."""

    folder: Path
    address: str


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small book with three chapters and the page of their claims."""
    chapters = {"alpha.md": books.ALPHA, "beta.md": books.BETA, "gamma.ipynb": books.gamma()}
    chapters["folklore.md"] = books.FOLKLORE
    return books.write_book(tmp_path_factory.mktemp("book") / "book", chapters)


@pytest.fixture(scope="session")
def site(book: Path) -> Iterator[Site]:
    """The built fixture book, served on 127.0.0.1."""
    folder = books.built(book)
    with served(folder) as address:
        yield Site(folder, address)
