"""Helpers of the sandbox tests: code run inside a sandbox, and values it gives back."""

from __future__ import annotations

import socket
from typing import Any

from course_lib.kernels import wire
from course_lib.kernels.sandbox import NAMESPACES, Confinement, start

LIMITS = {"memory_mb": 600, "cpu_seconds": 60, "processes": 40, "files_mb": 8, "files": 50}


class Inside:
    """A sandbox that runs what it is sent."""

    def __init__(self, level: str = NAMESPACES, **changes: Any) -> None:
        start_options = {name: changes.pop(name) for name in ("preload", "environment") if name in changes}
        ours, theirs = socket.socketpair()
        self.connection = ours
        with theirs:
            self.process = start(
                "course_lib.kernels.sandbox.probe:run",
                changes.pop("payload", {}),
                [theirs],
                Confinement(**{**LIMITS, "level": level, **changes}),
                **{"preload": ("numpy",), **start_options},
            )
        ours.settimeout(60)

    def send(self, source: str) -> None:
        """Have `source` executed, without waiting for its end."""
        wire.send(self.connection, {"source": source})

    def answer(self, source: str) -> dict[str, Any]:
        """Execute `source`; its `result`, or its `error`."""
        self.send(source)
        return wire.receive(self.connection)[0]

    def run(self, source: str) -> Any:
        """Execute `source`; what it has put into `result`. Fails if it raises."""
        answer = self.answer(source)
        assert "error" not in answer, answer["text"]
        return answer["result"]

    def error(self, source: str) -> str:
        """Execute `source`, which must raise: the name of the exception."""
        answer = self.answer(source)
        assert "error" in answer, f"it did not fail: {answer['result']!r}"
        return answer["error"]

    def kill(self) -> None:
        """End everything inside."""
        self.process.kill()
        self.process.wait(30)
        self.connection.close()
