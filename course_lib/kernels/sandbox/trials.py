"""Starts a sandbox of every level and attacks it from inside, as a program of its own for `protections`."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from course_lib.kernels import wire
from course_lib.kernels.sandbox import identity, keeper
from course_lib.kernels.sandbox.confinement import HOME, LANDLOCK, NAMESPACES, Confinement
from course_lib.kernels.sandbox.protections import Trial

_ENTRY = "course_lib.kernels.sandbox.probe:run"
_SECONDS = 60.0
_PROCESSES = 12

# What must fail, by what it would mean if it did not. Each sets `result` to whether it got through.
ATTEMPTS = {
    "files outside can be read": """
import pathlib
try:
    result = bool(pathlib.Path(payload["file"]).read_text())
except OSError:
    result = False
""",
    "files outside can be written": """
result = False
for path in (payload["file"], payload["file"] + ".new"):
    try:
        with open(path, "a") as file:
            file.write("changed")
        result = True
    except OSError:
        pass
""",
    "processes outside can be reached": """
import os
try:
    os.kill(payload["process"], 0)
    result = True
except OSError:
    result = False
""",
    "processes outside can be seen": """
try:
    result = sum(name.isdigit() for name in os.listdir("/proc")) > 2
except OSError:
    result = False
""",
    "the network can be reached": """
import socket
try:
    socket.create_connection(("127.0.0.1", payload["port"]), timeout=2).close()
    result = True
except OSError:
    result = False
""",
    "privileges are left": """
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
result = any(int(status[name], 16) for name in ("CapPrm", "CapEff")) or int(status["NoNewPrivs"]) != 1
""",
    "system calls are not filtered": """
result = status["Seccomp"].strip() != "2"
""",
    "processes can be started without end": """
import os, signal
started = []
try:
    while len(started) < 4 * payload["processes"]:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        started.append(pid)
    result = True
except OSError:
    result = False
for pid in started:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
""",
    "memory can be taken without end": """
try:
    bytearray(8 << 30)
    result = True
except MemoryError:
    result = False
""",
    "a file can grow without end": """
try:
    with open("large", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    result = True
except OSError:
    result = False
""",
}


def attempt(level: str) -> Trial:
    """Start a sandbox of `level` from this process, which must have a single thread, and attack from inside."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        canary = Path(folder, "canary")
        canary.write_text("canary", encoding="ascii")
        # Readable for whoever the sandbox runs as, so that it is the sandbox that keeps it away.
        for path, mode in ((folder, 0o777), (canary, 0o666)):
            os.chmod(path, mode)
        private = tempfile.mkdtemp() if level == LANDLOCK else ""
        payload = {
            "file": str(canary),
            "process": os.getpid(),
            "port": server.getsockname()[1],
            "processes": _PROCESSES,
        }
        confinement = Confinement(
            memory_mb=512, cpu_seconds=30, processes=_PROCESSES, files_mb=4, files=64, level=level
        )
        request = {
            "entry": _ENTRY,
            "payload": payload,
            "confinement": asdict(confinement),
            "env": identity.environment(dict(os.environ), f"{private}/home" if private else HOME),
            "folder": private,
        }
        return _attack(level, request)


def _attack(level: str, request: dict[str, Any]) -> Trial:
    ours, theirs = socket.socketpair()
    started, ready = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        keeper.become(request, [theirs.fileno()], ready, parent)
    theirs.close()
    os.close(ready)
    with ours, open(started, "rb") as pipe:
        said = pipe.read()
        if said != keeper.READY:
            os.waitpid(child, 0)
            return Trial(level, said.decode(errors="replace").partition("\n")[0] or "it ended at once")
        ours.settimeout(_SECONDS)
        breaches = []
        try:
            for meaning, source in ATTEMPTS.items():
                wire.send(ours, {"source": source})
                answer, _ = wire.receive(ours)
                if answer.get("result") is not False:
                    breaches.append(meaning)
            reason = ""
        except (OSError, EOFError) as problem:
            reason = f"it ended while it was tried out ({problem})"
    os.waitpid(child, 0)
    return Trial(level, reason, tuple(breaches))


if __name__ == "__main__":
    print(json.dumps([asdict(attempt(level)) for level in (NAMESPACES, LANDLOCK)]))
