"""TCP ports of this machine."""

from __future__ import annotations

import socket

from course_lib.notebooks.errors import CourseError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def require_free(port: int) -> None:
    """Raises CourseError when the hub cannot listen on the port."""
    with socket.socket() as probe:
        # As servers do it: a port that was closed a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError as error:
            raise CourseError(
                f"port {port} of {LOOPBACK} cannot be used ({error.strerror}): choose another with --port"
            ) from error
