"""The variables under which both graders are measured."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_THREADS = {
    # One thread per kernel: with more, two kernels on two cores slow each other down, and stock would only lose.
    "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    # nbgrader gives no points for a cell that wrote to stderr, and TensorFlow greets there.
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


def variables(scratch: Path) -> dict[str, str]:
    """The environment of a grader: this one, with a home, caches and warm servers of its own in `scratch`."""
    home, warm = scratch / "home", scratch / "w"
    for folder in (home, warm):
        folder.mkdir(exist_ok=True, mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COURSE_", "JUPYTER_"))}
    package = Path(__file__).resolve().parents[3]
    return {
        **kept,
        **_THREADS,
        # nbgrader calls alembic, which lies beside the interpreter.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH", "")])),
        "HOME": str(home),
        "JUPYTER_NO_CONFIG": "1",
        "COURSE_WARM_DIR": str(warm),
    }
