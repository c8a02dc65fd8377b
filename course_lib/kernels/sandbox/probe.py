"""Code to run inside a sandbox, to see what it can reach."""

from __future__ import annotations

import socket
import traceback
from typing import Any

from course_lib.kernels import wire


def run(payload: dict[str, Any], sockets: list[socket.socket]) -> None:
    """An entry: execute every ``{"source": ...}`` that arrives in one namespace.

    The answer is ``{"result": ...}``, the value of its variable `result` (plain data), or
    ``{"error": the exception's type, "text": its traceback}``.
    """
    (connection,) = sockets
    namespace: dict[str, Any] = {"payload": payload}
    while True:
        try:
            request, _ = wire.receive(connection)
        except EOFError:
            return
        namespace["result"] = None
        try:
            exec(request["source"], namespace)
            answer = {"result": namespace["result"]}
        except BaseException as problem:
            answer = {"error": type(problem).__name__, "text": traceback.format_exc()[-2000:]}
        wire.send(connection, answer)
