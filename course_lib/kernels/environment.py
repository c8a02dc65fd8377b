"""What two kernels must have in common to be forked from the same warm server."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PRELOAD_VARIABLE = "COURSE_WARM_PRELOAD"

# Variables that a library (or the dynamic loader, or Python itself) reads while it is imported or started.
_PREFIXES = (
    *("KERAS_", "TF_", "XLA_", "PYTORCH_", "TORCH_", "ATEN_", "JAX_", "HF_", "TRANSFORMERS_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "BLIS_", "VECLIB_", "NUMEXPR_", "DNNL_", "ONEDNN_"),
    *("CUDA_", "CUDNN_", "CUBLAS_", "NCCL_", "NVIDIA_", "HIP_", "ROCR_"),
    *("PYTHON", "PYDEVD_", "DEBUGPY_", "NPY_", "NUMPY_", "SKLEARN_", "JOBLIB_", "MPL"),
    *("LD_", "MALLOC_", "GLIBC_", "GRPC_", "ABSL_", "LC_"),
)
_NAMES = frozenset({"HOME", "LANG", "LANGUAGE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", PRELOAD_VARIABLE})
# Needed to work at all, but nothing that is imported changes with them.
_PASSED_ON = ("PATH", "USER", "LOGNAME", "TMPDIR")

INLINE_BACKEND = "module://matplotlib_inline.backend_inline"

_ASSIGNMENT = re.compile(
    r"""os\.environ\s*\[\s*["'](\w+)["']\s*\]\s*=[^=]"""
    r"""|os\.environ\.setdefault\s*\(\s*["'](\w+)["']"""
    r"""|os\.putenv\s*\(\s*["'](\w+)["']"""
    r"""|^\s*%(?:set_)?env\s+(\w+)[\s=]""",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Setting:
    """The state a warm server is started in: its `key` (16 hex digits) and its `env`."""

    key: str
    env: dict[str, str]


def is_import_variable(name: str) -> bool:
    """Whether the environment variable `name` may change what an import does."""
    return name in _NAMES or name.startswith(_PREFIXES)


def import_variables_set_in(source: str) -> list[str]:
    """Names of import-relevant variables that the code `source` sets itself (sorted).

    A notebook for which this is not empty needs a cold kernel (``COURSE_WARM=0``): in a warm one the
    frameworks are imported already, and the assignment comes too late.
    """
    names = {name for match in _ASSIGNMENT.finditer(source) for name in match.groups() if name}
    return sorted(filter(is_import_variable, names))


def setting(env: Mapping[str, str], cwd: str) -> Setting:
    """The server setting that a kernel with environment `env` and working directory `cwd` needs.

    Two kernels get the same key only if their import-relevant variables, their interpreter and installed
    packages, and their place in the operating system (user, namespaces, control group, limits) agree.
    """
    relevant = {name: value for name, value in env.items() if is_import_variable(name)}
    relevant.setdefault(
        "MPLBACKEND", INLINE_BACKEND
    )  # what ipykernel sets before a notebook can import Matplotlib
    if "PYTHONPATH" in relevant:
        parts = relevant["PYTHONPATH"].split(os.pathsep)
        relevant["PYTHONPATH"] = os.pathsep.join(os.path.join(cwd, part) for part in parts)
    from course_lib.kernels.place import place  # Linux only

    # A server imports its own package, and more of this one if it is told to.
    package = Path(__file__).parent
    sources = package.parent if "course_lib" in relevant.get(PRELOAD_VARIABLE, "") else package
    identity = [relevant, _installation(sources), place("OMP_NUM_THREADS" in relevant)]
    key = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    passed_on = {name: env[name] for name in _PASSED_ON if name in env}
    return Setting(key, {**passed_on, **relevant})


def _installation(sources: Path) -> list[object]:
    """The interpreter, its packages and the modules below `sources`: a change of any needs a new server."""
    paths = sysconfig.get_paths()
    folders = sorted(
        {paths["purelib"], paths["platlib"], *(part for part in sys.path if "site-packages" in part)}
    )
    stamps = [[folder, os.stat(folder).st_mtime_ns] for folder in folders if os.path.isdir(folder)]
    own = [[str(path), path.stat().st_mtime_ns] for path in sorted(sources.rglob("*.py"))]
    return [sys.executable, sys.prefix, sys.version, stamps, own]
