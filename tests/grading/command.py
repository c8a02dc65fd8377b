"""nbgrader's own command, as a person types it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def nbgrader(folder: Path, *arguments: str) -> None:
    """Run nbgrader itself in `folder`; fails with its output if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "JUPYTER_NO_CONFIG": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
