"""The real service, and a stand-in for the one question that it asks the hub."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

PREFIX = "/services/ngshare/"
ADMIN = "course-setup"
PEOPLE = {
    **{name: ("user", name) for name in ("ada", "ben", "eve", "teacher")},
    ADMIN: ("service", ADMIN),
    "impostor": ("user", ADMIN),
}


def token(name: str) -> str:
    """The token of a person or service, as the stand-in knows it."""
    return f"token-of-{name}"


class Service:
    """A process of the service that can be killed and started again."""

    def __init__(self, folder: Path, hub: str, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}{PREFIX}".rstrip("/")
        self._options = options
        self._environment = os.environ | {
            "JUPYTERHUB_API_URL": f"{hub}/hub/api",
            "JUPYTERHUB_API_TOKEN": "of-the-service",
            "JUPYTERHUB_CLIENT_ID": "service-ngshare",
            "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{self.port}",
            "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; returns when it answers."""
        command = [sys.executable, "-m", "course_lib.hub.ngshare_service", "--folder", str(self.folder)]
        self.process = subprocess.Popen([*command, "--admins", ADMIN, *self._options], env=self._environment)
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/healthz", timeout=5).ok:
                    return
            assert self.process.poll() is None, "the service has ended"
            assert time.monotonic() < end, "the service does not answer"
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process
        self.process.terminate()
        return self.process.wait(timeout=20)


class _Hub(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.headers.get("Authorization", "").removeprefix("token token-of-")
        known = self.path == "/hub/api/user" and name in PEOPLE
        answer = dict(zip(("kind", "name"), PEOPLE[name], strict=True)) if known else {"status": 403}
        body = json.dumps(answer).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def hub() -> Iterator[str]:
    """Address of a server that knows the tokens of PEOPLE."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def running(folder: Path, *options: str) -> Iterator[Service]:
    """The service, in a folder, until the end."""
    with hub() as address:
        service = Service(folder, address, *options)
        try:
            service.start()
            yield service
        finally:
            service.kill()
