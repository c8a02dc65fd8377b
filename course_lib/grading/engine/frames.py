"""How the judge and the student's kernel talk: a JSON header and raw bytes beside it, over one socket.

A frame is two lengths (4 and 8 bytes, big endian), the header as UTF-8 JSON, and the buffers that the header's
values point at, one after the other; the header's "sizes" says how long each is. Whoever receives one
checks everything before it allocates anything.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

MOST_HEADER = 8 << 20
"""Bytes of JSON in one frame."""
MOST_BODY = 128 << 20
"""Bytes of buffers in one frame."""

_LENGTHS = struct.Struct("!IQ")
_JOIN = 1 << 16

Buffer = bytes | bytearray | memoryview


class FrameError(Exception):
    """What came over the socket is not a frame, or is larger than a frame may be."""


def send(sock: socket.socket, header: dict[str, Any], buffers: Sequence[Buffer] = ()) -> None:
    """Sends one frame. Raises OSError when nobody listens, FrameError when it is too large."""
    sizes = [len(buffer) for buffer in buffers]
    text = json.dumps({**header, "sizes": sizes}, separators=(",", ":")).encode()
    if len(text) > MOST_HEADER or sum(sizes) > MOST_BODY:
        raise FrameError(f"a message of {(len(text) + sum(sizes)) >> 20} MB")
    head = _LENGTHS.pack(len(text), sum(sizes)) + text
    if sum(sizes) <= _JOIN:
        sock.sendall(b"".join([head, *buffers]))
        return
    sock.sendall(head)
    for buffer in buffers:
        sock.sendall(buffer)


def receive(sock: socket.socket) -> tuple[dict[str, Any], list[memoryview]]:
    """The next frame: its header without "sizes", and its buffers.

    Raises EOFError when the other side has gone, FrameError for anything that is not a frame.
    """
    header_size, body_size = _LENGTHS.unpack(_read(sock, _LENGTHS.size))
    if header_size > MOST_HEADER or body_size > MOST_BODY:
        raise FrameError(f"a message of {(header_size + body_size) >> 20} MB")
    try:
        header = json.loads(bytes(_read(sock, header_size)))
    except (ValueError, RecursionError) as error:
        raise FrameError(f"a header that is not JSON: {error}") from None
    body = memoryview(_read(sock, body_size))
    if type(header) is not dict:
        raise FrameError("a header that is not an object")
    sizes = header.pop("sizes", None)
    if type(sizes) is not list or any(type(size) is not int or size < 0 for size in sizes):
        raise FrameError("a header without the sizes of its buffers")
    if sum(sizes) != body_size:
        raise FrameError("buffers that do not fill the body")
    buffers, start = [], 0
    for size in sizes:
        buffers.append(body[start : start + size])
        start += size
    return header, buffers


def _read(sock: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, have = memoryview(data), 0
    while have < size:
        count = sock.recv_into(view[have:])
        if not count:
            raise EOFError("the other side closed the connection")
        have += count
    return data
