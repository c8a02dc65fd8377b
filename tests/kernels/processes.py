"""Helpers of the kernel tests: a kernel with a client, and processes to watch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager


class Kernel:
    """A running kernel with a client: `run` gives what a cell prints."""

    def __init__(
        self, kernel_name: str = "python3", env: dict[str, str] | None = None, **launch: Any
    ) -> None:
        started = time.perf_counter()
        self.manager = KernelManager(kernel_name=kernel_name)
        # pytest's own variable would switch off ipykernel's capture of the low-level streams.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
        self.manager.start_kernel(env={**inherited, **(env or {})}, **launch)
        self.seconds = time.perf_counter() - started
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.messages: list[dict[str, Any]] = []

    @property
    def pid(self) -> int:
        provisioner: Any = self.manager.provisioner
        return provisioner.pid

    def run(self, code: str, timeout: float = 60) -> str:
        self.messages = []
        reply = self.client.execute_interactive(code, timeout=timeout, output_hook=self.messages.append)
        content = reply["content"]
        assert content["status"] == "ok", "\n".join(content.get("traceback", [str(content)]))
        return self.stream("stdout")

    def stream(self, name: str) -> str:
        """What the last cell wrote to "stdout" or "stderr"."""
        return "".join(m["content"]["text"] for m in self.messages if m["content"].get("name") == name)

    def close(self, now: bool = True) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=now)


def is_running(pid: int) -> bool:
    """Whether process `pid` exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """What `condition()` gives once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "the condition did not become true in time"
        time.sleep(0.02)
    return found


def run_python(code: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `code` in a fresh interpreter with `env` added to the environment."""
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
