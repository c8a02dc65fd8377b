"""One end of the conversation between judge and student: requests that may ask back before they are answered.

Both ends work alike. A request is `{"do": what, "args": nodes}`; its answer holds a value or an error, and the
content of every argument that was changed in place. While an end waits for an answer it serves the requests
of the other: a function of the test that the student's code calls, which may call the student's code again.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from course_lib.grading.engine import frames
from course_lib.grading.engine.values import (
    BadValue,
    CannotCross,
    Decoder,
    Encoder,
    Node,
    Snapshot,
    replace_content,
)


class Peer:
    """One end of `sock`. Subclasses say what objects become (`refer`, `resolve`) and what is done (`perform`)."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.write_back = True
        self._requests = 0

    def refer(self, value: Any) -> Node:
        """The node of something that is no plain value. Raises CannotCross."""
        raise NotImplementedError

    def resolve(self, node: list[Any]) -> Any:
        """The inverse of the other end's `refer`. Raises BadValue."""
        raise NotImplementedError

    def perform(self, request: dict[str, Any], args: list[Any]) -> Any:
        """Do what the other end asks; what it raises goes back as an error."""
        raise NotImplementedError

    def describe_error(self, error: BaseException, encoder: Encoder) -> dict[str, Any]:
        """`error` as plain data."""
        raise NotImplementedError

    def raise_error(self, described: Any, decoder: Decoder) -> None:
        """Raise the other end's error here."""
        raise NotImplementedError

    def notice(self, reply: dict[str, Any]) -> None:
        """Look at what else an answer says, before its value is read."""

    def details(self) -> dict[str, Any]:
        """What else this end's next request says."""
        return {}

    def ask(self, what: str, *args: Any) -> Any:
        """The answer of the other end. Raises its error, CannotCross, and what the socket raises."""
        encoder = Encoder(self.refer)
        nodes = [encoder.encode(arg) for arg in args]
        reply, buffers = self._exchange({"do": what, "args": nodes, **self.details()}, encoder.buffers)
        self.notice(reply)
        decoder = Decoder(buffers, self.resolve, encoder.known)
        # A function that returns nothing is there for what it changes.
        take = self.write_back or ("error" not in reply and reply.get("value") is None)
        self._take_changes(reply.get("changed", []), decoder, len(encoder.known), take)
        if "error" in reply:
            self.raise_error(reply["error"], decoder)
        return decoder.decode(reply.get("value"))

    def _exchange(
        self, message: dict[str, Any], buffers: Sequence[frames.Buffer]
    ) -> tuple[dict[str, Any], list[memoryview]]:
        number = self._requests
        self._requests += 1
        try:
            frames.send(self.sock, {**message, "n": number}, buffers)
        except frames.FrameError as problem:
            raise CannotCross(f"the arguments are too large: {problem}") from None
        while True:
            reply, received = frames.receive(self.sock)
            if "do" in reply:
                self.serve_request(reply, received)
            elif reply.get("n") == number and type(reply["n"]) is int:
                return reply, received
            else:
                raise frames.FrameError("an answer to another request")

    def _take_changes(self, changes: Any, decoder: Decoder, most: int, take: bool) -> None:
        if type(changes) is not list or len(changes) > most:
            raise frames.FrameError("changes that are no list")
        for change in changes:
            if type(change) is not list or len(change) != 2 or type(change[0]) is not int:
                raise frames.FrameError("a change without its number")
            content = decoder.decode(change[1])
            if not 0 <= change[0] < most:
                raise frames.FrameError("a change of something else")
            if take:
                replace_content(decoder.known[change[0]], content)
            else:  # what comes back of it is the changed one, and the argument stays as it was
                decoder.known[change[0]] = content

    def serve_request(self, request: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        """Answer one request. Raises OSError when nobody waits for the answer any more."""
        nodes = request.get("args")
        if type(nodes) is not list:
            raise frames.FrameError("a request without arguments")
        decoder = Decoder(buffers, self.resolve)
        reply: dict[str, Any] = {"n": request.get("n")}
        value: Any = None
        error: BaseException | None = None
        snapshot = Snapshot([])
        try:
            args = [decoder.decode(node) for node in nodes]
            snapshot = Snapshot(decoder.known)
            value = self.perform(request, args)
        except BadValue:
            raise
        except BaseException as raised:
            error = raised
        encoder = Encoder(self.refer, decoder.known)
        try:
            reply["changed"] = [
                [number, encoder.content(decoder.known[number])] for number in snapshot.changed()
            ]
            if error is None:
                reply["value"] = encoder.encode(value)
        except CannotCross as problem:
            error, encoder = problem, Encoder(self.refer)
            reply.pop("changed", None)
        if error is not None:
            reply["error"] = self.describe_error(error, encoder)
        reply |= self.closing(request)
        try:
            frames.send(self.sock, reply, encoder.buffers)
        except frames.FrameError as problem:
            too_large = CannotCross(f"the value is too large to cross: {problem}")
            reply = {"n": reply["n"], "error": self.describe_error(too_large, Encoder(self.refer))}
            frames.send(self.sock, reply)

    def closing(self, request: dict[str, Any]) -> dict[str, Any]:
        """What else the answer to `request` says."""
        return {}
