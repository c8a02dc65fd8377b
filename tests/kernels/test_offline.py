"""COURSE_OFFLINE=1: this machine answers, everything beyond it is refused with a reason."""

from __future__ import annotations

import pytest

from course_lib.kernels.offline import is_local, wants_offline
from tests.kernels.processes import run_python

TRY_EVERYTHING = """
import asyncio, errno, socket, ssl, urllib.request
from course_lib.kernels.offline import block_network
block_network(); block_network()

FAR = ("203.0.113.1", 80)  # an address reserved for documentation

def udp_to(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", address)

def message_to(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendmsg([b"x"], [], 0, address)

def connect_ex(address):
    with socket.socket() as s:
        return s.connect_ex(address)

def six(address):
    with socket.socket(socket.AF_INET6) as s:
        s.connect(address)

def secure():
    with ssl.create_default_context().wrap_socket(socket.socket(), server_hostname="x") as s:
        s.connect(FAR)

refused = {
    "create_connection": lambda: socket.create_connection(FAR, timeout=5),
    "named": lambda: socket.create_connection(("example.com", 443), timeout=5),
    "urllib": lambda: urllib.request.urlopen("http://example.com/", timeout=5),
    "urllib address": lambda: urllib.request.urlopen("http://203.0.113.1/", timeout=5),
    "getaddrinfo": lambda: socket.getaddrinfo("example.com", 80),
    "gethostbyname": lambda: socket.gethostbyname("example.com"),
    "gethostbyaddr": lambda: socket.gethostbyaddr("203.0.113.1"),
    "sendto": lambda: udp_to(FAR),
    "sendmsg": lambda: message_to(FAR),
    "connect_ex": lambda: connect_ex(FAR),
    "ipv6": lambda: six(("2001:db8::1", 80)),
    "mapped": lambda: six(("::ffff:203.0.113.1", 80)),
    "tls": secure,
    "asyncio": lambda: asyncio.run(asyncio.open_connection(*FAR)),
}
for name, action in refused.items():
    try:
        action()
    except OSError as problem:
        text = str(problem)
        assert "this kernel is offline" in text and "\\n" not in text, (name, text)
    else:
        raise AssertionError(name + " was not refused")

with socket.create_server(("127.0.0.1", 0)) as server:
    port = server.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        socket.create_connection((host, port), timeout=5).close()
        asyncio.run(asyncio.open_connection(host, port))
    assert connect_ex(("127.0.0.1", port)) == 0
udp_to(("127.0.0.1", 9))
a, b = socket.socketpair()
a.sendall(b"x"); assert b.recv(1) == b"x"
with socket.socket(socket.AF_UNIX) as local:
    try:
        local.connect("/nonexistent/socket")
    except FileNotFoundError:
        print("all as it should be")
"""


def test_every_way_out_is_closed_and_this_machine_stays_open() -> None:
    done = run_python(TRY_EVERYTHING)
    assert done.stdout == "all as it should be\n", done.stderr


@pytest.mark.parametrize("warm", ["1", "0"])
def test_kernels_are_offline_when_asked(kernel, warm) -> None:
    attempt = """
import urllib.request
try:
    urllib.request.urlopen("http://example.com/", timeout=5)
except OSError as problem:
    print(problem)
"""
    one = kernel(env={"COURSE_OFFLINE": "1", "COURSE_WARM": warm, "COURSE_WARM_PRELOAD": ""})
    assert "this kernel is offline: refused to look up 'example.com'" in one.run(attempt)
    assert one.run("print('block_network' in globals())") == "False\n"


def test_kernels_are_online_by_default(kernel) -> None:
    one = kernel(env={"COURSE_WARM_PRELOAD": ""})
    assert one.run("import socket; print(socket.getaddrinfo.__module__)") == "socket\n"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "a.localhost", "", None, "0.0.0.0", b"::1"]
)
def test_local(host) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["example.com", "10.0.0.1", "localhost.example.com", "::ffff:10.0.0.1", "fe80::1%eth0"]
)
def test_not_local(host) -> None:
    assert not is_local(host)


def test_switch() -> None:
    assert wants_offline({"COURSE_OFFLINE": "1"})
    assert not wants_offline({"COURSE_OFFLINE": "0"})
    assert not wants_offline({})
