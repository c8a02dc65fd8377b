"""A real hub for tests: `course hub` in a process of its own, and people who use it through its pages."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

import psutil
import requests
import websocket

from course_lib.hub.place import GRADER, SETUP, Place
from course_lib.hub.ports import free_port
from tests.hub import centring

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS = 240.0
"""The longest wait for anything."""


def wait_until(true: Callable[[], object], what: str, seconds: float = SECONDS) -> None:
    """Returns when `true()` is; fails after `seconds`, saying `what` did not happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def small_course(root: Path) -> Path:
    """A course whose only assignment is small and needs NumPy only; returns its root."""
    (root / "chapters").mkdir(parents=True)
    source = root / "solutions" / centring.SLUG / f"{centring.SLUG}.md"
    source.parent.mkdir(parents=True)
    source.write_text(centring.SOURCE, encoding="utf-8")
    return root


@dataclass
class Hub:
    """A hub in `root/hub` with the course in `root/course`; `start` returns when it is ready."""

    root: Path
    arguments: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    passwords: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    said: str = ""
    """What the last start has printed."""

    @property
    def url(self) -> str:
        """The address of the site."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def exchange(self) -> str:
        """The address of the exchange."""
        return f"{self.url}/services/ngshare"

    @property
    def place(self) -> Place:
        """The hub's folder."""
        return Place(self.root / "hub")

    @property
    def course(self) -> Path:
        """The root of the course."""
        return self.root / "course"

    def start(self) -> None:
        """Start it and wait until it says that it is ready; a first start also tells the passwords."""
        command = [sys.executable, "-m", "course_lib.cli", "--root", str(self.course), "hub"]
        command += ["--folder", str(self.place.root), "--port", str(self.port), *self.arguments]
        output = self.root / "said.txt"
        with open(output, "w") as file:
            # Nothing of another Jupyter's settings.
            environment = {
                n: v for n, v in os.environ.items() if not n.startswith(("JUPYTER", "COURSE_WARM"))
            }
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, stdout=file, stderr=file, text=True, env=environment
            )
        wait_until(lambda: self._is_ready(output), "the hub starts")
        self.said = output.read_text()
        self.passwords |= dict(re.findall(r"^  (instructor|ada|ben) +([\w-]{16})$", self.said, re.M))

    def _is_ready(self, output: Path) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            log = self.place.log.read_text() if self.place.log.exists() else ""
            raise AssertionError(f"the hub ended: {output.read_text()}\n{log[-4000:]}")
        return "The hub is ready" in output.read_text()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask the hub to end and wait until it has; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(SECONDS)
        self.process = None
        return status

    def processes(self) -> list[psutil.Process]:
        """The starter and everything that descends from it."""
        assert self.process is not None
        starter = psutil.Process(self.process.pid)
        return [starter, *starter.children(recursive=True)]

    def service_token(self, name: str = SETUP) -> str:
        """The token of a service account, such as the one that prepares the course."""
        assert name in (SETUP, GRADER)
        return self.place.tokens()[name]

    def log_in(self, name: str, password: str | None = None) -> Person:
        """Somebody who has used the log-in form; fails when the hub refuses."""
        person = Person(self, name)
        response = person.log_in(self.passwords[name] if password is None else password)
        assert response.ok, f"{name}: {response.status_code}"
        return person


@dataclass
class Person:
    """Somebody with a browser's cookies."""

    hub: Hub
    name: str
    session: requests.Session = field(default_factory=requests.Session)

    def log_in(self, password: str) -> requests.Response:
        """Send the log-in form; the answer to it, wherever that leads."""
        page = f"{self.hub.url}/hub/login"
        self.session.get(page, timeout=30).raise_for_status()
        form = {
            "username": self.name,
            "password": password,
            "_xsrf": self.session.cookies.get("_xsrf", path="/hub/"),
        }
        return self.session.post(f"{page}?next=/hub/home", data=form, timeout=60)

    def get(self, path: str, **kwargs) -> requests.Response:
        """A page of the site."""
        return self.session.get(self.hub.url + path, timeout=60, **kwargs)

    def ask_hub(self, method: str, path: str, **kwargs) -> requests.Response:
        """A request to the hub's API from its own pages: with their cookie and XSRF token."""
        xsrf = {
            "X-XSRFToken": self.session.cookies.get("_xsrf", path="/hub/"),
            "Referer": f"{self.hub.url}/hub/home",
        }
        return self.session.request(
            method, f"{self.hub.url}/hub/api{path}", headers=xsrf, timeout=60, **kwargs
        )

    def token(self, scopes: list[str] | None = None, seconds: int = 3600) -> str:
        """A new API token of this person's, as the page Token makes them."""
        wanted = {"note": "test", "expires_in": seconds} | ({"scopes": scopes} if scopes else {})
        response = self.ask_hub("POST", f"/users/{self.name}/tokens", data=json.dumps(wanted))
        response.raise_for_status()
        return response.json()["token"]

    def start_server(self) -> str:
        """Start this person's server and wait until it answers; its address, without a slash at the end."""
        response = self.ask_hub("POST", f"/users/{self.name}/server")
        assert response.status_code in (201, 202, 400), response.text
        wait_until(self._has_server, f"{self.name}'s server starts")
        return f"{self.hub.url}/user/{self.name}"

    def _has_server(self) -> bool:
        told = self.ask_hub("GET", f"/users/{self.name}").json()
        return bool(told["servers"].get("", {}).get("ready"))

    def stop_server(self) -> None:
        """Stop it and wait until it has ended."""
        self.ask_hub("DELETE", f"/users/{self.name}/server")
        wait_until(lambda: not self._server_exists(), f"{self.name}'s server ends")

    def _server_exists(self) -> bool:
        return bool(self.ask_hub("GET", f"/users/{self.name}").json()["servers"])

    def execute(self, code: str) -> str:
        """Run Python in a new kernel of this person's server; what it prints. A failing cell fails."""
        server = f"{self.hub.url}/user/{self.name}"
        token = {"Authorization": f"token {self.token()}"}
        kernel = requests.post(f"{server}/api/kernels", headers=token, timeout=SECONDS).json()["id"]
        channels = f"{server.replace('http:', 'ws:')}/api/kernels/{kernel}/channels"
        connection = websocket.create_connection(channels, timeout=SECONDS, header=token)
        try:
            content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
            header = {
                "msg_id": "1",
                "msg_type": "execute_request",
                "session": "1",
                "username": "",
                "version": "5.3",
            }
            message = {
                "header": header,
                "parent_header": {},
                "metadata": {},
                "content": content,
                "channel": "shell",
            }
            connection.send(json.dumps(message))
            printed = ""
            while True:
                told = json.loads(connection.recv())
                if told["parent_header"].get("msg_id") != "1":
                    continue
                if told["msg_type"] == "stream":
                    printed += told["content"]["text"]
                assert told["msg_type"] != "error", "\n".join(told["content"]["traceback"])
                if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
                    return printed
        finally:
            connection.close()
            requests.delete(f"{server}/api/kernels/{kernel}", headers=token, timeout=SECONDS)


def host(address: str) -> str:
    """The host and port of an address."""
    return urlparse(address).netloc
