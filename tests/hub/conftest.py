"""A hub for each module: real, with free ports, in a short temporary folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.running import Hub, small_course


@pytest.fixture(scope="module")
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """A running hub with the course `centring`, its people and their passwords.

    A module's own `HUB_ARGUMENTS` are added to `course hub`.
    """
    # Not pytest's: sockets need short paths.
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        root = Path(folder)
        small_course(root / "course")
        running = Hub(root, tuple(getattr(request.module, "HUB_ARGUMENTS", ())))
        running.start()
        try:
            yield running
        finally:
            if running.process is not None:
                running.stop()
