"""The side of whoever wants a warm kernel: find or start the server, ask for a fork, watch the process."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from course_lib.kernels import wire
from course_lib.kernels.environment import Setting, setting
from course_lib.kernels.place import process_status, soft_limits

IDLE_VARIABLE = "COURSE_WARM_IDLE"
IDLE_SECONDS = "300"
START_SECONDS = 180.0
"""Longest wait for a kernel; the first one of a server waits until the frameworks are imported."""

BIND_SECONDS = 10
"""Longest wait for a forked kernel to bind its sockets, before it is handed out all the same."""

_LONGEST_REASON = 4096

_PAUSE = 30.0
_failed: dict[str, float] = {}
"""Servers that did not start, by key: this process tries again `_PAUSE` seconds after this moment."""


class Unavailable(Exception):
    """No warm kernel can be had; the message says why."""


class WarmProcess:
    """A kernel forked from a warm server, seen from its client; stands in for a `subprocess.Popen`.

    `pid` is also the number of its process group and session. `cpu` is, once `returncode` is set, the CPU time
    in seconds of the process and of all the descendants that were waited for.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, handle: int, server: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.cpu = 0.0
        self._handle = handle
        self._server = server
        # As with Popen, losing the object does not end the process; shutting down or exiting does.
        _running.add(self)

    def fileno(self) -> int:
        """The process's pidfd: readable once the process has ended, closed once `poll` has seen that."""
        return self._handle

    def poll(self) -> int | None:
        """The exit status (negative: a signal's number), or None while the process runs."""
        return self._look(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, after at most `timeout` seconds. Raises subprocess.TimeoutExpired."""
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired("warm kernel", timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send the signal to the kernel process alone, if it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, signal.Signals(number))

    def terminate(self) -> None:
        """Ask the process to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process."""
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            watch = select.poll()
            watch.register(self._handle, select.POLLIN)
            if watch.poll(None if seconds is None else seconds * 1000):
                self.returncode = self._exit_status()
                os.close(self._handle)
                self._server.close()
                _running.discard(self)
        return self.returncode

    def _exit_status(self) -> int:
        self._server.settimeout(2.0)
        try:
            message, _ = wire.receive(self._server)
        except (EOFError, OSError):
            # The server has died, and the kernel with it; nobody but us can end what the kernel had started.
            _end_session(self.pid)
            return -signal.SIGKILL
        self.cpu = float(message["cpu"])
        return int(message["exit"])


_running: set[WarmProcess] = set()


def _end_session(leader: int) -> None:
    """End the processes of the session whose leader, which has ended, was `leader`."""
    members = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                state, _, _, session, *_ = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(entry.name) == leader and state != "Z":
                return  # the number is in use again: not our session
            if int(session) == leader and state != "Z":
                members.append(int(entry.name))
    for member in members:
        with suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


def start_kernel(
    args: list[str],
    env: Mapping[str, str],
    cwd: str,
    streams: list[int],
    sockets: str = "",
) -> WarmProcess:
    """Fork a kernel from the warm server that fits `env`, starting that server if need be.

    `args` are ipykernel's, `streams` the descriptors for its stdin, stdout and stderr, `sockets` the path
    prefix of its ipc sockets (removed if this process dies). Blocks until the kernel listens or has ended.
    Raises Unavailable.
    """
    request = {
        "do": "kernel",
        "args": args,
        "env": dict(env),
        "cwd": cwd,
        "sockets": sockets,
        "umask": int(process_status()["Umask"], 8),
        "processors": sorted(os.sched_getaffinity(0)),
        "limits": soft_limits(),
    }
    pid, handle, server, _ = fork(request, streams, env, cwd)
    return WarmProcess(pid, handle, server)


def fork(
    request: dict[str, Any], files: list[int], env: Mapping[str, str], cwd: str
) -> tuple[int, int, socket.socket, bytes]:
    """Send `request` and `files` to the warm server that fits `env`, starting that server if need be.

    Blocks until the new process is ready or has ended. The process's id, its pidfd, the connection to its
    server, and what it wrote to its ready pipe. Raises Unavailable.
    """
    try:
        wanted = setting(env, cwd)
        base = wire.folder() / wanted.key
        while True:
            if time.monotonic() < _failed.get(wanted.key, -_PAUSE) + _PAUSE:
                raise Unavailable(f"the warm server did not start, see {base}.log")
            server, is_new = _connect(base, wanted)
            try:
                return _ask(server, request, files)
            except (EOFError, OSError):
                server.close()
                if is_new:  # an old one may have been stopped just now: then a new one is started
                    _failed[wanted.key] = time.monotonic()
    except OSError as problem:
        raise Unavailable(str(problem)) from problem


def _ask(
    server: socket.socket, request: dict[str, Any], own: list[int]
) -> tuple[int, int, socket.socket, bytes]:
    """Raises Unavailable when the server refuses, EOFError or OSError when it is not there."""
    me = os.pidfd_open(os.getpid())
    listens, ready = os.pipe()
    try:
        try:
            server.settimeout(START_SECONDS)
            wire.send(server, request, [*own, ready, me])
            answer, files = wire.receive(server)
        finally:
            for descriptor in (me, ready):
                os.close(descriptor)
        if "refused" in answer:
            server.close()
            raise Unavailable(str(answer["refused"]))
        # The kernel closes the pipe's other end when its sockets are bound: connecting before that costs
        # ZeroMQ a retry. A kernel that fails to start closes it by ending.
        watch = select.poll()
        watch.register(listens, select.POLLIN)
        said = os.read(listens, _LONGEST_REASON) if watch.poll(BIND_SECONDS * 1000) else b""
        return int(answer["pid"]), files[0], server, said
    finally:
        os.close(listens)


def _connect(base: Path, wanted: Setting) -> tuple[socket.socket, bool]:
    """A connection to the server at `base`, and whether that server had to be started."""
    path = f"{base}.sock"
    with _locked(base):
        found = _connection(path)
        if found is not None:
            return found, False
        Path(path).unlink(missing_ok=True)
        _spawn(base, path, wanted)
        found = _connection(path)
    if found is None:
        raise Unavailable(f"the warm server ended at once, see {base}.log")
    return found, True


@contextmanager
def _locked(base: Path) -> Iterator[None]:
    with open(f"{base}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _connection(path: str) -> socket.socket | None:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.connect(path)
    except (FileNotFoundError, ConnectionRefusedError):
        sock.close()
        return None
    return sock


def _spawn(base: Path, path: str, wanted: Setting) -> None:
    """Start a server that already listens: requests wait in the socket while it imports."""
    idle = os.environ.get(IDLE_VARIABLE, IDLE_SECONDS)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, open(f"{base}.log", "wb") as log:
        listener.bind(path)
        listener.listen(512)
        arguments = [str(listener.fileno()), str(base), str(os.stat(path).st_ino), idle]
        # Returns at once: this process forks the server and ends.
        subprocess.run(
            [sys.executable, "-m", "course_lib.kernels.server", *arguments],
            pass_fds=[listener.fileno()],
            env=wanted.env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )


def servers() -> list[dict[str, Any]]:
    """One entry per warm server of this user: pid, kernels (their pids), threads, imported, and its key."""
    return _ask_all("status")


def stop_servers(timeout: float = 10.0) -> list[int]:
    """End all warm servers of this user, with their kernels; returns their process ids."""
    stopped = [entry["pid"] for entry in _ask_all("stop")]
    end = time.monotonic() + timeout
    while any(os.path.exists(f"/proc/{pid}") for pid in stopped) and time.monotonic() < end:
        time.sleep(0.02)
    return stopped


def _ask_all(what: str) -> list[dict[str, Any]]:
    answers = []
    for path in sorted(wire.folder().glob("*.sock")):
        sock = _connection(str(path))
        if sock is None:
            continue
        with sock:
            sock.settimeout(START_SECONDS)
            wire.send(sock, {"do": what})
            answer, _ = wire.receive(sock)
        answers.append({**answer, "key": path.stem})
    return answers
