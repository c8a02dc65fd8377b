"""Run a Python module as an ordinary user, though this is root: ``python -m ...as_user FOLDER MODULE ARGUMENT...``.

Where only root can read this Python (it is below /root, say), the user sees it all the same, through mounts
that nobody else sees. FOLDER, which is created, is that user's home and place for temporary files.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from course_lib.kernels.sandbox import syscalls

_USER = 12345


def _first_closed(path: Path) -> Path | None:
    """The outermost folder of `path` that others may not enter."""
    return next((part for part in reversed(path.parents) if not part.stat().st_mode & 0o001), None)


def open_up(folders: list[str]) -> None:
    """Make `folders` reachable for everybody in this process's own mount namespace."""
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    for folder in folders:
        closed = _first_closed(Path(folder))
        if closed is not None:
            tree = syscalls.open_tree(folder)
            syscalls.mount("tmpfs", str(closed), "tmpfs", 0, "mode=755")
            os.makedirs(folder)
            syscalls.attach(tree, folder)


def main(folder: str, *command: str) -> None:
    """Become the user, then the command."""
    open_up([sys.base_prefix, sys.prefix])
    os.makedirs(folder)
    os.chown(folder, _USER, _USER)
    os.setgroups([])
    os.setresgid(_USER, _USER, _USER)
    os.setresuid(_USER, _USER, _USER)
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment = {**kept, "HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(sys.executable, [sys.executable, "-m", *command], environment)


if __name__ == "__main__":
    main(*sys.argv[1:])
