"""A sandboxed process of a submission, seen from the worker: requests with a time limit, budgets, its end.

What comes from such a process may be hostile: messages are read as they arrive up to a size, and a process
that talks nonsense, uses too much or does not stop when its time is up is ended.
"""

from __future__ import annotations

import array
import codecs
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_lib.grading.engine.model import Limits
from course_lib.kernels import sandbox, wire
from course_lib.kernels.sandbox.usage import usage

TICK = 0.1
"""Seconds between two looks at what a process uses while it is waited for."""

GRACE = 1.0
"""Seconds that a process gets to answer after its time is up, before the next harder measure."""

_START_SECONDS = 60.0
_SEND_SECONDS = 10.0
_END_SECONDS = 10.0
_NEARLY_FULL = 32768
"""Bytes in an output pipe (it holds 65536) from which the process may be waiting for somebody to read."""
_BEYOND = 100
"""Bytes kept beyond the limit of an output, so that whoever cuts it to the limit sees that there was more."""
_TOUCHED_MB = 8
"""What a process that is full, and was told so by a MemoryError, may have beyond its limit: memory that it inherited
without being used, and uses now. Measured: less than 1 MB."""
_STALE = 100
"""Answers to earlier requests that are overlooked (a forked child may send one)."""
_HEAD = struct.Struct("!I")


class Gone(Exception):
    """The process has ended, by itself or because of a limit; the text is one line for its student."""


class Inbox:
    """Messages of `course_lib.kernels.wire` from a sender that is not trusted; `sock` does not block."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        self._sock = sock
        self._most = most
        self._data = bytearray()
        self.closed = False

    def read(self) -> Iterator[dict[str, Any]]:
        """What has arrived in full. Raises ValueError for what is no message or larger than the limit."""
        while not self.closed:
            try:
                part = self._sock.recv(1 << 18)
            except BlockingIOError:
                break
            except ConnectionResetError:
                part = b""
            self.closed = not part
            self._data += part
            yield from self._complete()

    def _complete(self) -> Iterator[dict[str, Any]]:
        while len(self._data) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(self._data)
            if length > self._most:
                raise ValueError(f"a message of {length} bytes")
            end = _HEAD.size + length
            if len(self._data) < end:
                return
            body = bytes(self._data[_HEAD.size : end])
            del self._data[:end]
            try:
                message = json.loads(body)
            except (ValueError, RecursionError) as error:
                raise ValueError("not JSON") from error
            if not isinstance(message, dict):
                raise ValueError("not a JSON object")
            yield message


class Pipe:
    """The reading end of descriptor 1 or 2 of the process, which normally reads it itself, in order.

    Emptied from here only when it is nearly full: then a library writes without returning to Python.
    """

    def __init__(self, name: str, end: int, limit: int) -> None:
        self.name = name
        self.end = end
        self.limit = limit
        self.flooding = False
        self._kept = bytearray()

    def look(self) -> None:
        """Empty it if that is due."""
        if not self.flooding:
            waiting = array.array("i", [0])
            fcntl.ioctl(self.end, termios.FIONREAD, waiting)
            self.flooding = waiting[0] >= _NEARLY_FULL
        if self.flooding:
            self.drain()

    def drain(self) -> None:
        """Read what is there; beyond the limit it is dropped."""
        with suppress(BlockingIOError):
            part = os.read(self.end, 1 << 16)
            self._kept += part[: self.limit + _BEYOND - len(self._kept)]

    def take(self) -> str:
        """What was kept since the last call."""
        kept, self.flooding = bytes(self._kept), False
        self._kept.clear()
        return codecs.decode(kept, "utf-8", "replace")


class Kernel:
    """One process in a sandbox. Raises `course_lib.kernels.client.Unavailable` when none can be had."""

    def __init__(
        self,
        entry: str,
        payload: dict[str, Any],
        limits: Limits,
        *,
        level: str,
        preload: Sequence[str],
        environment: Mapping[str, str],
        largest: int,
    ) -> None:
        self.limits = limits
        self.cpu = 0.0
        """CPU seconds of the whole sandbox, once it has been closed."""
        self.memory_mb = 0.0
        """Largest private memory that was seen."""
        self._reason = ""
        self._sent = 0
        self._pipes: list[Pipe] = []
        self._sock, theirs = socket.socketpair()
        confinement = sandbox.Confinement(
            memory_mb=limits.memory_mb,
            cpu_seconds=limits.cpu_seconds,
            processes=limits.processes,
            files_mb=limits.files_mb,
            files=limits.files,
            level=level,
        )
        try:
            self.process = sandbox.start(
                entry, payload, [theirs], confinement, preload=preload, environment=environment
            )
        except BaseException:
            self._sock.close()
            raise
        finally:
            theirs.close()
        self._inbox = Inbox(self._sock, largest)

    def greet(self) -> None:
        """Take over the output pipes that a student's process hands out before it runs anything."""
        self._sock.settimeout(_START_SECONDS)
        try:
            _, ends = wire.receive(self._sock)
        except (OSError, EOFError, ValueError) as error:
            self.let_end("did not start")
            raise Gone(self.reason()) from error
        for name, end in zip(("stdout", "stderr"), ends, strict=True):
            os.set_blocking(end, False)
            self._pipes.append(Pipe(name, end, self.limits.output_bytes))

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def reason(self) -> str:
        """Why it ended, in one line."""
        if self._reason:
            return f"the kernel {self._reason}"
        code = self.process.poll()
        if code is None or code == 0:
            return "the kernel ended itself"
        if code > 0:
            return f"the kernel ended itself with status {code}"
        if -code == signal.SIGXCPU:
            return f"the kernel was ended: it used more than {self.limits.cpu_seconds} s of CPU time"
        return f"the kernel died ({(signal.strsignal(-code) or str(-code)).lower()})"

    def was_killed(self) -> bool:
        """Whether something else than a limit or its own code killed it: the system short of memory, a person."""
        return not self._reason and self.process.poll() == -signal.SIGKILL

    def end(self, reason: str = "") -> None:
        """Kill the whole sandbox; `reason` completes "the kernel ..."."""
        self._reason = self._reason or reason
        self.process.kill()

    def interrupt(self) -> None:
        """What the stop button of a notebook does: SIGINT to the process that runs the cells."""
        _interrupt(self.process.pid)

    def ask(
        self,
        request: Mapping[str, Any],
        *,
        seconds: float,
        files: Sequence[int] = (),
        other: Kernel | None = None,
    ) -> dict[str, Any]:
        """Send a request and wait for its answer; raises Gone when there will be none.

        other: a process that this one needs for its answer, watched as well; when the time is up, it is the
        first one to be interrupted. The answer has `expired` set when it came too late.
        """
        if not self.alive():
            raise Gone(self.reason())
        self._sent += 1
        number = self._sent
        try:
            self._sock.settimeout(_SEND_SECONDS)
            wire.send(self._sock, {"id": number, **request}, list(files))
            self._sock.settimeout(0)
        except OSError as error:
            self.let_end("did not take its next cell")
            raise Gone(self.reason()) from error
        expired = False
        measures = self._measures(time.monotonic() + seconds, other)
        due, measure = next(measures)
        for answer in self._answers(number, other):
            if answer is not None:
                return {**answer, "expired": expired}
            if time.monotonic() >= due:
                expired = True
                measure()
                due, measure = next(measures)
        raise Gone(self.reason())

    def written(self) -> list[dict[str, Any]]:
        """The output, as nbformat outputs, that this side had to take out of the pipes since the last call."""
        texts = [(pipe.name, pipe.take()) for pipe in self._pipes]
        return [{"output_type": "stream", "name": name, "text": text} for name, text in texts if text]

    def close(self) -> None:
        """End it and wait for that; afterwards `cpu` is known."""
        if self._sock.fileno() < 0:
            return
        self._see_usage()
        self.process.kill()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)
        self.cpu = self.process.cpu
        self._sock.close()
        for pipe in self._pipes:
            os.close(pipe.end)
        self._pipes.clear()

    def _measures(self, due: float, other: Kernel | None) -> Iterator[tuple[float, Callable[[], None]]]:
        """What to do when the time is up, ever harder, and when."""
        seconds = "its time was up"
        if other is not None:
            yield due, other.interrupt
            due += GRACE / 2
        yield due, self.interrupt
        due += GRACE / 2 if other is not None else GRACE
        if other is not None:
            yield due, lambda: other.end(f"was ended: {seconds}")
            due += GRACE
        yield due, lambda: self.end(f"was ended: {seconds}")
        while True:
            due += GRACE
            yield due, lambda: None

    def _answers(self, number: int, other: Kernel | None) -> Iterator[dict[str, Any] | None]:
        """The answer to request `number` when it comes, None at every tick; ends with the process."""
        watched = [self, *([other] if other is not None else [])]
        pipes = [pipe for kernel in watched for pipe in kernel._pipes]
        stale = 0
        next_look = time.monotonic() + TICK
        while True:
            self._wait([pipe.end for pipe in pipes if pipe.flooding])
            try:
                for message in self._inbox.read():
                    if message.get("id") == number:
                        yield message
                        return
                    stale += 1
            except ValueError:
                stale = _STALE
            if stale >= _STALE:
                self.end("was ended: what it sent makes no sense")
            if self._inbox.closed or not self.alive():
                self.let_end()
                return
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + TICK
                for kernel in watched:
                    kernel._see_usage()
            for pipe in pipes:
                pipe.look()
            yield None

    def let_end(self, reason: str = "was ended: it closed its connection") -> None:
        """Wait until it has ended, a connection of its failing; if it does not by itself, end it for `reason`."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
            return
        self.end(reason)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)

    def _wait(self, flooding: Sequence[int]) -> None:
        watch = select.poll()
        for descriptor in (self._sock.fileno(), self.process.fileno(), *flooding):
            watch.register(descriptor, select.POLLIN)
        watch.poll(TICK * 1000)

    def _see_usage(self) -> None:
        """Note what the sandbox uses, and end it when that is too much."""
        used = usage(self.process.pid)
        self.memory_mb = max(self.memory_mb, used.memory_mb)
        if used.memory_mb > self.limits.memory_mb + _TOUCHED_MB:
            self.end(f"was ended: it used more than {self.limits.memory_mb} MB of memory")
        elif used.processes > self.limits.processes:
            self.end(f"was ended: it started more than {self.limits.processes} processes")
        elif used.cpu > self.limits.cpu_seconds:
            self.end(f"was ended: it used more than {self.limits.cpu_seconds} s of CPU time")


def _interrupt(keeper: int) -> None:
    """SIGINT to the children of `keeper`: the process that runs the cells, and a first one that ignores it."""
    with suppress(OSError):
        for pid in Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split():
            os.kill(int(pid), signal.SIGINT)
