"""How a client and a warm server talk: one JSON message with open files beside it, over a Unix socket."""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
import tempfile
from pathlib import Path
from typing import Any

DIR_VARIABLE = "COURSE_WARM_DIR"

_LENGTH = struct.Struct("!I")
_MOST_FILES = 8
# A Unix socket address holds 107 characters; ours end in "/k", 12 digits, a dash and a port of the kernel.
_LONGEST_FOLDER = 80


def send(sock: socket.socket, message: dict[str, Any], files: list[int] | None = None) -> None:
    """Send `message`, and the open file descriptors `files` with it. Raises OSError when nobody listens."""
    body = json.dumps(message).encode()
    socket.send_fds(sock, [_LENGTH.pack(len(body))], files or [])
    sock.sendall(body)


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The next message on `sock` with its file descriptors. Raises EOFError when the other side has gone."""
    head, files, _, _ = socket.recv_fds(sock, _LENGTH.size, _MOST_FILES)
    for file in files:  # recv_fds takes flags, and ignores them
        os.set_inheritable(file, False)
    try:
        while len(head) < _LENGTH.size:
            head += _some(sock, _LENGTH.size - len(head))
        (length,) = _LENGTH.unpack(head)
        body = bytearray()
        while len(body) < length:
            body += _some(sock, length - len(body))
    except BaseException:
        for file in files:
            os.close(file)
        raise
    return json.loads(body), list(files)


def _some(sock: socket.socket, most: int) -> bytes:
    part = sock.recv(most)
    if not part:
        raise EOFError("the other side closed the connection")
    return part


def folder() -> Path:
    """The private folder (mode 0700) for sockets, made when it is missing.

    Raises OSError, with a message that says what to do, when the place is not ours alone or its name is too
    long for a socket address.
    """
    chosen = os.environ.get(DIR_VARIABLE)
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if chosen:
        path = Path(chosen).absolute()
    elif runtime and os.path.isdir(runtime) and os.access(runtime, os.W_OK):
        path = Path(runtime) / "course-warm"
    else:
        path = Path(tempfile.gettempdir()) / f"course-warm-{os.getuid()}"
    if len(os.fsencode(path)) > _LONGEST_FOLDER:
        raise OSError(f"{path} is too long for a socket address; set {DIR_VARIABLE} to a shorter folder")
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise OSError(f"{path} must be a folder that only you can open; remove it or set {DIR_VARIABLE}")
    return path
