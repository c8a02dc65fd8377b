"""Do the committed notebooks still print what they store?  nbval on warm kernels, several notebooks at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from course_lib.notebooks.environment import kernel_environment, needs_cold_kernel
from course_lib.notebooks.files import read_notebook
from course_lib.notebooks.layout import Project


@dataclass(frozen=True)
class Comparison:
    """What nbval said about one notebook."""

    notebook: Path
    passed: bool
    report: str


def compare(
    project: Project, notebooks: Sequence[Path], *, jobs: int = 1, warm: bool = True, timeout: float = 300
) -> list[Comparison]:
    """Run ``pytest --nbval-lax`` on each notebook: every cell executes, those tagged ``nbval-check-output`` must
    print what is stored.  Kernels have one thread, no GPU and no network.  ``timeout`` is in seconds per cell.
    """

    def one(notebook: Path) -> Comparison:
        nb = read_notebook(notebook)
        cold = not warm or (nb is not None and needs_cold_kernel(nb))
        environment = kernel_environment("cpu", warm=not cold)
        command = [sys.executable, "-m", "pytest", "--nbval-lax", f"--nbval-cell-timeout={timeout}", "-q"]
        command += [
            "-p",
            "no:cacheprovider",
            "--color=no",
            "--no-header",
            f"--rootdir={project.root}",
            str(notebook),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=project.root, check=False
        )
        return Comparison(notebook, done.returncode == 0, done.stdout + done.stderr)

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(one, notebooks))
