"""What a cell writes and shows, recorded in order as nbformat outputs, and cut while it is being written.

Runs in the process that runs the cell. Text written through Python goes straight into the recorder; what
arrives on descriptors 1 and 2 (C libraries, child processes) waits in pipes and is fetched before anything
else is recorded. Nobody here waits on a full pipe: whoever started this process empties it (`Descriptors`).
"""

from __future__ import annotations

import base64
import codecs
import ctypes
import io
import os
import select
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from course_lib.grading.engine.outputs import IMAGE_BYTES, PICTURES, TEXT

_TRACEBACK_BYTES = 20_000
_EVALUE_BYTES = 4_000
_PART = 65536
_NAMES = {1: "stdout", 2: "stderr"}
_libc = ctypes.CDLL(None)


class Recorder:
    """The outputs of the cell that is running. `limit` is the text kept per cell, in bytes of UTF-8."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._text = self._images = 0
        self._outputs: list[dict[str, Any]] = []
        self._shown: dict[str, list[dict[str, Any]]] = {}
        self._clear_at_next = False
        self._full = False
        self.before_each: Callable[[], None] | None = None
        """Called before something is recorded, to fetch what was written elsewhere earlier."""

    def stream(self, name: str, text: str) -> None:
        """Text on `name`, "stdout" or "stderr"."""
        if not self._full:
            self._catch_up()
        self.append(name, text)

    def append(self, name: str, text: str) -> None:
        """As `stream`, for text that `before_each` fetched."""
        text = self._cut(text)
        if not text:
            return
        self._clear_if_due()
        last = self._outputs[-1] if self._outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self._outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def show(
        self,
        data: Mapping[str, Any],
        *,
        execution_count: int | None = None,
        display_id: str | None = None,
        update: bool = False,
    ) -> None:
        """Shown data by MIME type: a cell's last value when `execution_count` is given, else a display."""
        self._catch_up()
        kept = self._kept(data)
        if update:
            for earlier in self._shown.get(display_id or "", ()):
                earlier["data"] = kept
            return
        if not kept:
            return
        self._clear_if_due()
        output: dict[str, Any] = {"output_type": "display_data", "data": kept, "metadata": {}}
        if execution_count is not None:
            output |= {"output_type": "execute_result", "execution_count": execution_count}
        self._outputs.append(output)
        if display_id:
            self._shown.setdefault(display_id, []).append(output)

    def error(self, ename: str, evalue: str, traceback: Sequence[str]) -> None:
        """The exception that ended the cell; recorded even when the text limit is reached."""
        self._catch_up()
        self._clear_if_due()
        lines = "\n".join(traceback)
        if len(lines) > _TRACEBACK_BYTES:
            half = _TRACEBACK_BYTES // 2
            lines = f"{lines[:half]}\n[...]\n{lines[-half:]}"
        self._outputs.append(
            {
                "output_type": "error",
                "ename": ename[:200],
                "evalue": evalue[:_EVALUE_BYTES],
                "traceback": lines.split("\n"),
            }
        )

    def clear(self, wait: bool = False) -> None:
        """Forget the outputs so far; with `wait`, when the next one comes."""
        self._catch_up()
        if wait:
            self._clear_at_next = True
        else:
            self._outputs.clear()

    def take(self) -> list[dict[str, Any]]:
        """The outputs since the last call; starts anew."""
        self._catch_up()
        outputs, self._outputs = self._outputs, []
        for output in outputs:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        self._shown.clear()
        self._text = self._images = 0
        self._clear_at_next = self._full = False
        return outputs

    def _catch_up(self) -> None:
        if self.before_each is not None:
            self.before_each()

    def _clear_if_due(self) -> None:
        if self._clear_at_next:
            self._clear_at_next = False
            self._outputs.clear()

    def _cut(self, text: str) -> str:
        if self._full or not text:
            return ""
        size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if self._text + size > self.limit:
            self._full = True
            kept = text[: self.limit - self._text].encode("utf-8", "replace")[: self.limit - self._text]
            text = kept.decode("utf-8", "ignore") + f"\n[output cut at {self.limit} bytes]\n"
            size = len(kept)
        self._text += size
        return text

    def _kept(self, data: Mapping[str, Any]) -> dict[str, str]:
        kept: dict[str, str] = {}
        text = data.get(TEXT)
        if isinstance(text, str) and (text := self._cut(text)):
            kept[TEXT] = text
        for kind in PICTURES:
            value = data.get(kind)
            if isinstance(value, bytes):
                value = base64.b64encode(value).decode("ascii")
            if isinstance(value, str) and self._images + len(value) <= IMAGE_BYTES:
                self._images += len(value)
                kept[kind] = value
        return kept


class OutStream(io.TextIOBase):
    """`sys.stdout` or `sys.stderr` of a cell: text in, never blocks, never buffers."""

    encoding = "UTF-8"
    errors = "replace"

    def __init__(self, recorder: Recorder, descriptor: int) -> None:
        self._recorder = recorder
        self._descriptor = descriptor
        self.name = f"<{_NAMES[descriptor]}>"

    def write(self, text: str) -> int:
        """Raises TypeError for anything but a string."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._recorder.stream(_NAMES[self._descriptor], text)
        return len(text)

    def writable(self) -> bool:
        """Yes."""
        return True

    def isatty(self) -> bool:
        """No."""
        return False

    def fileno(self) -> int:
        """The descriptor that child processes write to."""
        return self._descriptor


class Descriptors:
    """Descriptors 1 and 2 of this process as pipes whose contents end in `recorder`.

    `ends` are the reading ends by descriptor. Give them to the process that watches this one: a pipe holds
    64 kB, and a library that writes more without returning to Python waits for somebody to read.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.ends: dict[int, int] = {}
        self._decoders = {}
        self._waiting = select.poll()
        for target in _NAMES:
            end, into = os.pipe2(os.O_CLOEXEC)
            os.dup2(into, target)
            os.close(into)
            os.set_blocking(end, False)
            self.ends[target] = end
            self._decoders[target] = codecs.getincrementaldecoder("utf-8")("replace")
            self._waiting.register(end, select.POLLIN)
        recorder.before_each = self.fetch

    def fetch(self) -> None:
        """Record what waits in the pipes now."""
        for end, happened in self._waiting.poll(0):
            if not happened & select.POLLIN:
                self._waiting.unregister(end)  # nobody can write to it any more
                continue
            target = next(target for target, known in self.ends.items() if known == end)
            try:
                part = os.read(end, _PART)
            except BlockingIOError:  # the watching process was faster
                continue
            self._recorder.append(_NAMES[target], self._decoders[target].decode(part))

    @staticmethod
    def flush() -> None:
        """Push out what Python's original streams and C's stdio hold back."""
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None and not stream.closed:
                stream.flush()
        _libc.fflush(None)
