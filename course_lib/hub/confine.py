"""Runs a program that sees the system, Python and one home of this machine's files, and no other processes.

`python -m course_lib.hub.confine --home DIR [--user NAME] [--number N] [--show DIR ...] -- COMMAND...`, on Linux.
The program's processes, files and temporary files are its own; the network stays the machine's. Started by root,
it runs as the user number N, to whom its home must belong; started by anybody else, with that user's rights on its
home and on nothing else. When this process ends, the program and all that it has started end.
"""

from __future__ import annotations

import argparse
import glob
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from course_lib.kernels.sandbox import filesystem, namespaces, syscalls
from course_lib.kernels.sandbox.confinement import Confinement

OWN_NUMBERS = 524288
"""The first of the numbers that root gives to servers' users; nobody has them on an ordinary machine."""

TEMPORARY = "/tmp"
"""A confined program has this folder to itself: short enough for sockets, and gone with the program."""

_TEMPORARY_MB, _TEMPORARY_FILES = 4096, 200_000
_NAMES = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf")
"""How programs find other machines."""

_NEW = syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWIPC
_TRIAL_SECONDS = 60
_TRIAL = """
import os, pathlib, sys
pathlib.Path("file").write_text("")
seen = [name for name in sys.argv[1:] if os.path.exists(name)]
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) > 10]
sys.exit(f"it still sees {', '.join(seen + others)}" if seen or others else 0)
"""


def command(
    home: Path, program: Sequence[str], *, user: str, number: int | None = None, show: Sequence[Path] = ()
) -> list[str]:
    """The command line that runs `program` confined to `home`.

    user: the name inside. number: the user's, when root starts it. show: more folders to see, not to change.
    """
    line = [sys.executable, "-m", "course_lib.hub.confine", "--home", str(home), "--user", user]
    line += [] if number is None else ["--number", str(number)]
    for folder in show:
        line += ["--show", str(folder)]
    return [*line, "--", *program]


def give(home: Path, number: int | None) -> None:
    """Let a home and everything in it belong to user `number`, when there is one to give it to."""
    if number is None:
        return
    for _, folders, files, here in os.fwalk(home, follow_symlinks=False):
        os.chown(here, number, number)
        for name in [*folders, *files]:
            os.chown(name, number, number, dir_fd=here, follow_symlinks=False)


def obstacle() -> str:
    """Why this machine cannot do it, in a few words; nothing if it can. Tries it: takes a second."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has no namespaces"
    number = OWN_NUMBERS if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="hub-") as name:
        folder = Path(name)
        (folder / "hidden").touch()
        home = folder / "home"
        home.mkdir(mode=0o700)
        give(home, number)
        program = [sys.executable, "-c", _TRIAL, str(folder / "hidden"), *filter(None, [_above_package()])]
        try:
            done = subprocess.run(
                command(home, program, user="trial", number=number),
                capture_output=True,
                text=True,
                timeout=_TRIAL_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return "it takes too long"
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it failed"])[-1]


def _above_package() -> str:
    """The project file of a checkout: what lies beside the package is nothing that a server should see."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    return str(project) if project.exists() else ""


def run(home: Path, program: Sequence[str], user: str, number: int | None, show: Sequence[str]) -> int:
    """Run `program` confined; returns its exit status. Raises OSError when the kernel does not allow it."""
    own = os.geteuid(), os.getegid()
    syscalls.unshare(_NEW if own[0] == 0 else _NEW | syscalls.CLONE_NEWUSER)
    if own[0] != 0:
        namespaces.map_own_user(*own)
    _end_with_parent(signal.SIGTERM)
    first = os.fork()
    if first == 0:
        _never_return(lambda: _as_first(home, program, user, number, show))
    return _wait_for(first)


def _as_first(home: Path, program: Sequence[str], user: str, number: int | None, show: Sequence[str]) -> int:
    """In the first process of the new namespaces: what runs until the program ends, and takes all with it."""
    _enter(home, user, number, show)
    if number is not None:
        os.setgroups([])
        os.setresgid(number, number, number)
        os.setresuid(number, number, number)
    syscalls.drop_capabilities()
    _end_with_parent(signal.SIGKILL)
    running = os.fork()
    if running == 0:
        _never_return(lambda: os.execvp(program[0], list(program)))
    return _wait_for(running)


def _enter(home: Path, user: str, number: int | None, show: Sequence[str]) -> None:
    """Make the files of the program the only ones there are."""
    syscalls.mount("none", "/", "", syscalls.MS_REC | syscalls.MS_PRIVATE)
    # Terminals of its own.
    syscalls.mount(
        "devpts", "/dev/pts", "devpts", syscalls.MS_NOSUID | syscalls.MS_NOEXEC, "newinstance,ptmxmode=0666"
    )
    wanted = [str(home), "/dev/pts", *filter(os.path.exists, _NAMES), *glob.glob("/dev/nvidia*")]
    more = {path: (syscalls.open_tree(path), os.path.isdir(path)) for path in wanted}
    more["/dev/ptmx"] = syscalls.open_tree("/dev/pts/ptmx"), False
    # Numbers as this namespace of users has them.
    inside = number if number is not None else os.geteuid()
    owner = filesystem.Owner(inside, inside, inside, inside, socket.gethostname(), user, str(home))
    confinement = Confinement(
        memory_mb=1,
        cpu_seconds=1,
        processes=1,
        files_mb=_TEMPORARY_MB,
        files=_TEMPORARY_FILES,
        read_only=tuple(show),
    )
    before = os.umask(0o022)
    filesystem.enter_new_root(confinement, owner, more)
    os.umask(before)


def _end_with_parent(number: signal.Signals) -> None:
    """Not before the last change of users and capabilities, which undoes it."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, number)


def _wait_for(child: int) -> int:
    """The exit status of a child process; meanwhile what asks this process to end asks the child."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        os.kill(child, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status) & 0xFF


def _never_return(action: Callable[[], int]) -> None:
    """End this forked process with the action's result, or with 1 and the reason on standard error."""
    try:
        status = action()
    except BaseException as problem:
        print(_reason(problem), file=sys.stderr)
        status = 1
    sys.stderr.flush()
    os._exit(status)


def _reason(problem: BaseException) -> str:
    """What went wrong, without the system's number for it."""
    return getattr(problem, "strerror", None) or str(problem)


def main(arguments: Sequence[str]) -> int:
    """The program's exit status, or 1 and a line."""
    parser = argparse.ArgumentParser(description="Run a program that sees one home only.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--user", default="user")
    parser.add_argument("--number", type=int)
    parser.add_argument("--show", action="append", default=[])
    parser.add_argument("program", nargs="+")
    args = parser.parse_args(arguments)
    try:
        return run(args.home.resolve(), args.program, args.user, args.number, args.show)
    except OSError as problem:
        print(_reason(problem), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
