"""What a sandboxed process could learn about where it came from, and must not."""

from __future__ import annotations

import ctypes
import platform
import sys
from pathlib import Path

from course_lib.kernels.sandbox.confinement import HOME

_COMMAND = ("python", "-m", "ipykernel_launcher", "-f", f"{HOME}/.local/share/jupyter/runtime/kernel.json")
# Fields of /proc/self/stat, counted behind the name in parentheses.
_ARGUMENTS_START, _ARGUMENTS_END, _ENVIRONMENT_START, _ENVIRONMENT_END = 45, 46, 47, 48


def environment(inherited: dict[str, str], home: str) -> dict[str, str]:
    """The variables inside a sandbox: a student's own account, and what the libraries were imported with."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("COURSE_")}
    return {
        **kept,
        "HOME": home,
        "USER": "student",
        "LOGNAME": "student",
        "SHELL": "/bin/sh",
        "JPY_PARENT_PID": "1",
        "PYDEVD_USE_FRAME_EVAL": "NO",
        "TERM": "xterm-color",
        "CLICOLOR": "1",
        "FORCE_COLOR": "1",
        "CLICOLOR_FORCE": "1",
        "PAGER": "cat",
        "GIT_PAGER": "cat",
    }


def forget_origin(*, hide: bool) -> None:
    """Look like a kernel that Jupyter started; with `hide`, also to who reads this process's memory.

    The environment must have been replaced before: the old one's memory is overwritten.
    """
    sys.argv = [*_COMMAND[2:]]
    # Python asks for the name of the machine once.
    platform._uname_cache = None  # type: ignore[attr-defined]
    if hide:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        arguments = int(fields[_ARGUMENTS_START]), int(fields[_ARGUMENTS_END])
        variables = int(fields[_ENVIRONMENT_START]), int(fields[_ENVIRONMENT_END])
        _overwrite(*arguments, "\0".join(_COMMAND).encode())
        _overwrite(*variables, b"")


def _overwrite(start: int, end: int, content: bytes) -> None:
    room = end - start
    if start and room > 0:
        ctypes.memmove(start, content[: room - 1].ljust(room, b"\0"), room)
