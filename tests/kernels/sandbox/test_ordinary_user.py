"""The same, not as root: sandboxes need no privileges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from course_lib.kernels.sandbox import landlock

HERE = Path(__file__).parent
FILES = ("test_reach.py", "test_limits.py", "test_life.py", "test_protections.py", "test_libraries.py")


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests are run by an ordinary user already")
@pytest.mark.parametrize("file", FILES)
def test_everything_holds_for_an_ordinary_user(file) -> None:
    # Short: it holds sockets.
    home = Path(tempfile.gettempdir(), f"u{os.getpid()}")
    command = [sys.executable, "-m", "tests.kernels.sandbox.as_user", str(home)]
    command += ["pytest", "-p", "no:cacheprovider", "-q", "-rs", str(HERE / file)]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=600, check=False, cwd=HERE.parents[2]
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    if landlock.version() >= 6:
        assert "no level" not in run.stdout, run.stdout
