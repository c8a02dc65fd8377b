"""Warm servers of the tests' own, ended with the session."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.kernels import client


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """A short private folder for the warm servers that sandboxes are forked from."""
    folder = Path(tempfile.mkdtemp(prefix="cg"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_WARM_DIR", str(folder))
        patch.setenv("COURSE_WARM_IDLE", "120")
        yield folder
        client.stop_servers()
    shutil.rmtree(folder)
