"""Sent to a kernel as text after its last cell: what the notebook used.

Standard library only: a kernel runs it without importing anything of the course.
"""

import json
import sys


def facts() -> str:
    """CPU seconds and peak megabytes of this process and its finished children, and versions, as JSON."""
    return json.dumps({**_usage(), "versions": _versions()})


def _usage() -> dict:
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        process = psutil.Process()
        times, memory = process.cpu_times(), process.memory_info()
        return {"cpu_s": times.user + times.system, "peak_mb": getattr(memory, "peak_wset", memory.rss) / 1e6}
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return {"cpu_s": cpu, "peak_mb": max(own.ru_maxrss, children.ru_maxrss) * unit / 1e6}


def _versions() -> dict:
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": sys.version.split()[0]}
    distributions = {
        "torch": ("torch",),
        "keras": ("keras",),
        "tensorflow": ("tensorflow", "tensorflow-cpu"),
        "numpy": ("numpy",),
    }
    for name, candidates in distributions.items():
        for candidate in candidates:
            try:
                found[name] = version(candidate)
                break
            except PackageNotFoundError:
                continue
    return found
