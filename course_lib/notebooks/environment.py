"""What a kernel finds in its environment: device, threads, silence, warm start, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache

from nbformat import NotebookNode

from course_lib.kernels import PROVISIONER, import_variables_set_in
from course_lib.notebooks.errors import CourseError

DEVICES = ("auto", "cpu", "cuda")
PROFILES = ("quick", "full")
FRAMEWORKS = ("both", "pytorch", "keras")
SWITCH = "COURSE_WARM"  # read by the provisioner: 0 asks for a cold kernel
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
_ASK_GPU = """
import sys
found = []
try:
    import torch
    found += ["pytorch"] if torch.cuda.is_available() else []
except ImportError:
    pass
try:
    import tensorflow
    found += ["keras"] if tensorflow.config.list_physical_devices("GPU") else []
except ImportError:
    pass
print(*found)
"""


def cores() -> int:
    """Processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


@cache
def gpu_frameworks() -> frozenset[str]:
    """The frameworks (``pytorch``, ``keras``) that see an NVIDIA GPU; asks each once, in a child process."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1") or not shutil.which("nvidia-smi"):
        return frozenset()
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    if listed.returncode or "GPU" not in listed.stdout:
        return frozenset()
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    asked = subprocess.run([sys.executable, "-c", _ASK_GPU], capture_output=True, text=True, env=environment)
    return frozenset(asked.stdout.split())


def resolve_device(device: str, frameworks: tuple[str, ...] = ("both",)) -> str:
    """``"cpu"`` or ``"cuda"``; ``auto`` takes the GPU when a framework sees one.

    ``cuda`` without a GPU that the wanted frameworks can use raises :class:`CourseError`.
    """
    if device not in DEVICES:
        raise CourseError(f"device {device!r} is unknown: use one of {', '.join(DEVICES)}")
    if device == "cpu":
        return "cpu"
    seen = gpu_frameworks()
    if device == "auto":
        return "cuda" if seen else "cpu"
    wanted = {"pytorch", "keras"} if "both" in frameworks else set(frameworks)
    if not wanted & seen:
        names = " or ".join(sorted(wanted))
        raise CourseError(f"--device cuda: no NVIDIA GPU that {names} can use here; use --device cpu or auto")
    return "cuda"


def needs_cold_kernel(nb: NotebookNode) -> bool:
    """Whether a notebook sets a variable itself that the imports of a warm kernel have read already."""
    code = "\n".join(cell.source for cell in nb.cells if cell.cell_type == "code")
    return bool(import_variables_set_in(code))


def kernel_environment(
    device: str, *, threads: int = 1, warm: bool = True, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The whole environment for processes that start kernels.

    ``device`` is ``"cpu"`` (GPUs are hidden) or ``"cuda"``.  ``threads`` is set for every numerical library,
    before any of them loads.  ``warm`` asks for forked kernels where they are possible; the provisioner falls
    back to cold ones, and blocks the network in both.
    """
    environment = dict(os.environ if base is None else base)
    environment.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    environment["TF_CPP_MIN_LOG_LEVEL"] = "3"
    environment["COURSE_OFFLINE"] = "1"
    environment["PYTHONHASHSEED"] = "0"
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    else:
        environment["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
    environment["JUPYTER_DEFAULT_PROVISIONER_NAME"] = PROVISIONER
    if not warm or device == "cuda":  # a CUDA context does not survive a fork
        environment[SWITCH] = "0"
    return environment
