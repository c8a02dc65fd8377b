"""An IPython shell that runs cells as a Jupyter kernel does, without the kernel around it.

No sockets, no history database, no threads; outputs go to a `Recorder`. It is the shell class of ipykernel
with the parts replaced that would talk to a client, so magics, `display`, inline figures and tracebacks
behave as on a hub.
"""

from __future__ import annotations

import builtins
import getpass
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, NoReturn

from ipykernel import zmqshell
from ipykernel.displayhook import ZMQShellDisplayHook
from IPython.core.error import StdinNotImplementedError, UsageError
from traitlets import Any as AnyTrait
from traitlets import Type
from traitlets.config import Config

from course_lib.grading.engine.capture import OutStream, Recorder
from course_lib.grading.engine.outputs import plain


class Publisher(zmqshell.ZMQDisplayPublisher):
    """`display()` and friends."""

    recorder = AnyTrait()

    def publish(  # type: ignore[override]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        """Record shown data; metadata is not kept."""
        self.recorder.show(data, display_id=(transient or {}).get("display_id"), update=update)

    def clear_output(self, wait: bool = False) -> None:
        """Forget the cell's outputs so far."""
        self.recorder.clear(wait)


class Hook(ZMQShellDisplayHook):
    """The value of a cell's last expression."""

    recorder = AnyTrait()

    def start_displayhook(self) -> None:
        """No message to prepare."""

    def write_output_prompt(self) -> None:
        """No prompt: the count is part of the output."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Record the value in its formats."""
        self.recorder.show(format_dict, execution_count=self.prompt_count)

    def finish_displayhook(self) -> None:
        """Nothing to flush."""
        self._is_active = False


class ZMQInteractiveShell(zmqshell.ZMQInteractiveShell):
    """The shell. Its name and module are those of ipykernel's own: that is how code asks "is this a notebook?"."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)

    def init_profile_dir(self, profile_dir: Any) -> None:
        """As IPython's, without the text that it copies into a new profile.

        It copies the text's mode, too, and where there are no namespaces a sandbox may change none.
        """
        start_up = Path(self.ipython_dir, "profile_default", "startup")
        start_up.mkdir(parents=True, exist_ok=True)
        (start_up / "README").touch()
        super().init_profile_dir(profile_dir)

    def connect(self, recorder: Recorder) -> None:
        """Send every output to `recorder`, the standard streams included."""
        self.recorder = recorder
        self.displayhook.recorder = recorder  # type: ignore[attr-defined]
        self.display_pub.recorder = recorder  # type: ignore[attr-defined]
        sys.stdout, sys.stderr = OutStream(recorder, 1), OutStream(recorder, 2)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Any) -> None:
        lines = [stb] if isinstance(stb, str) else [str(line) for line in stb]
        try:
            text = str(evalue)
        except Exception as error:
            text = f"<the exception's text cannot be shown: {type(error).__name__}>"
        self._last_traceback = lines
        self.recorder.error(str(etype.__name__), plain(text), plain("\n".join(lines)).split("\n"))

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window system; figures are inline."""
        if gui not in (None, "inline", "agg"):
            raise UsageError(f"there is no display here for {gui}: use %matplotlib inline")

    def ask_exit(self) -> NoReturn:
        """`exit()` and `quit()` end the cell, not the kernel."""
        raise SystemExit

    def system_piped(self, cmd: str) -> None:
        """`!command`: its output, errors included, becomes the cell's."""
        line = self.var_expand(cmd, depth=1)
        shell = os.environ.get("SHELL", "/bin/sh")
        with subprocess.Popen(
            [shell, "-c", line],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            while part := process.stdout.read(8192):
                sys.stdout.write(part)
        self.user_ns["_exit_code"] = process.returncode

    system = system_piped


ZMQInteractiveShell.__module__ = zmqshell.__name__


def make(recorder: Recorder) -> ZMQInteractiveShell:
    """The process's shell, as `get_ipython()` returns it; its namespace is `__main__`."""
    config = Config()
    config.HistoryManager.enabled = False
    config.ZMQInteractiveShell.colors = "nocolor"
    # A traceback with context costs 60 ms the first time and shows the same.
    config.ZMQInteractiveShell.xmode = "Plain"
    # What a kernel application would have left here; libraries look for the key.
    config.IPKernelApp.connection_file = f"kernel-{uuid.uuid4()}.json"
    shell = ZMQInteractiveShell.instance(config=config)
    shell.connect(recorder)
    builtins.input = _no_input  # type: ignore[assignment]
    getpass.getpass = _no_input
    return shell


def _no_input(prompt: str = "", *args: Any, **kwargs: Any) -> NoReturn:
    raise StdinNotImplementedError("input() was called, but nobody is there to answer: set the value instead")
