"""Refuse every connection and name look-up beyond this machine, inside one Python process.

This is a guard against a notebook that quietly downloads something, not a security boundary: code that
calls the operating system directly gets past it.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

OFFLINE_VARIABLE = "COURSE_OFFLINE"

_INTERNET = {socket.AF_INET, socket.AF_INET6}


def wants_offline(env: Any) -> bool:
    """Whether the environment `env` (a mapping) asks for a kernel without a network."""
    return env.get(OFFLINE_VARIABLE, "0") not in ("", "0")


def is_local(host: object) -> bool:
    """Whether `host` (a name or an address) is this machine; no look-up is made."""
    if host is None or host in ("", b""):
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.split("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return address.is_loopback or address.is_unspecified


def _refuse(action: str) -> OSError:
    return OSError(
        errno.ENETUNREACH,
        f"this kernel is offline: refused to {action}; use a local copy, or run without {OFFLINE_VARIABLE}=1",
    )


def _check_address(sock: socket.socket, address: Any) -> None:
    """Raise OSError unless `sock` may talk to `address`."""
    if sock.family == getattr(socket, "AF_UNIX", None):
        return
    if sock.family in _INTERNET and isinstance(address, tuple) and address and is_local(address[0]):
        return
    shown = f"{address[0]}:{address[1]}" if isinstance(address, tuple) and len(address) > 1 else repr(address)
    raise _refuse(f"connect to {shown}")


def _guard_lookup(name: str) -> None:
    original = getattr(socket, name)

    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        target = host[0] if isinstance(host, tuple) and host else host
        if not is_local(target):
            raise _refuse(f"look up {target!r}")
        return original(host, *args, **kwargs)

    guarded.__name__ = name
    guarded.__doc__ = original.__doc__
    setattr(socket, name, guarded)


def _guard_method(name: str, address_of: Callable[[tuple[Any, ...], dict[str, Any]], Any]) -> None:
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        address = address_of(args, kwargs)
        if address is not None:
            _check_address(self, address)
        return original(self, *args, **kwargs)

    guarded.__name__ = name
    guarded.__doc__ = original.__doc__
    setattr(socket.socket, name, guarded)


_blocked = False


def block_network() -> None:
    """Make this process offline: all but loopback and Unix sockets raises OSError with a one-line reason.

    Covers connections, datagrams and name look-ups made through Python's `socket` module (and so urllib,
    http, ssl, asyncio, requests). Forked child processes inherit it. Calling it again changes nothing.
    """
    global _blocked
    if _blocked:
        return
    _blocked = True
    _guard_method("connect", lambda args, kwargs: args[0] if args else None)
    _guard_method("connect_ex", lambda args, kwargs: args[0] if args else None)
    _guard_method("sendto", lambda args, kwargs: args[-1] if len(args) > 1 else None)
    _guard_method("sendmsg", lambda args, kwargs: args[3] if len(args) > 3 else None)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo"):
        _guard_lookup(name)


def load_ipython_extension(shell: Any) -> None:
    """``%load_ext course_lib.kernels.offline``: `block_network()` in the kernel behind `shell`."""
    block_network()
