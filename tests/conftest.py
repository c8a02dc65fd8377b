"""The order of the tests, how many threads, what a module may leave behind, and a browser for each module.

Two browsers at a time are more than Playwright allows.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from course_lib.notebooks.environment import THREAD_VARIABLES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The test processes keep every processor busy: more threads would only wait for each other. Children have it too.
for name in THREAD_VARIABLES:
    os.environ.setdefault(name, "1")

# These fork this process, which no test that computes with TensorFlow may have used before: the fork would crash.
FORKING = (
    "grading/engine/test_judge.py",
    "grading/engine/test_remote.py",
    "grading/engine/test_tensors_in_the_judge.py",
)

# A module is run by one process. These take minutes, and begin first: at the end no process waits for another.
LONG = (
    "site/test_built_site.py",
    "grading/records/test_compat.py",
    "grading/attacks/test_attacks.py",
    "notebooks/test_nbval.py",
    "grading/faults/test_faults.py",
    "grading/test_assignments.py",
    "hub/test_flow.py",
    "site/test_fixture_book.py",
    "hub/test_security.py",
    "hub/grading/test_service.py",
    "hub/test_local.py",
    "hub/test_servers.py",
    "hub/test_load.py",
    "hub/exchange/test_real_hub.py",
    "grading/test_any_course.py",
    "grading/test_grade_command.py",
    "grading/bench/test_corpora.py",
    "grading/bench/test_runs.py",
    "notebooks/test_run.py",
    "site/test_folklore.py",
    "notebooks/test_build.py",
    "grading/test_nbgrader.py",
    "kernels/sandbox/test_ordinary_user.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What takes too long for every run."""
    parser.addoption(
        "--every-answer",
        action="store_true",
        help="compare compat mode with nbgrader on all wrong answers",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules that fork first, then the long ones."""
    here = Path(__file__).parent
    rank = {here / name: number for number, name in enumerate(FORKING + LONG)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


# Ended with the session: Python's own helpers, the warm servers of the engine's tests, the gradebooks' database.
OF_THE_SESSION = ("resource_tracker", "forkserver", "course_lib.kernels.server", "postgres")


def _children() -> dict[int, str]:
    """Child processes of this process, with their command lines."""
    found = {}
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            found[child.pid] = " ".join(child.cmdline()) or child.name()
    return {pid: line for pid, line in found.items() if not any(name in line for name in OF_THE_SESSION)}


@pytest.fixture(scope="module", autouse=True)
def no_process_is_left() -> Iterator[None]:
    """A module that leaves a process running fails: the next module's tests count theirs."""
    before = _children()
    yield
    assert _children().items() <= before.items()


# Not for the whole session: while it runs, no other test of this thread can have an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    # Imported here: most tests need no browser.
    from tests.site.browser import chromium

    with chromium() as running:
        yield running
