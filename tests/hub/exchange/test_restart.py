"""A service that is killed while something big is being handed in."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
import requests

from course_lib.hub.exchange.client import Client
from tests.hub.exchange.conftest import COURSE
from tests.hub.exchange.service import ADMIN, PREFIX, running, token


@pytest.fixture
def service(tmp_path):
    """A service of this test's own."""
    with running(tmp_path) as service:
        setup = Client(service.url, token(ADMIN))
        setup.add_course(COURSE)
        setup.add_students(COURSE, ["ada", "ben"])
        setup.release(COURSE, "one", {"one.ipynb": b"{}"})
        yield service


class Slow:
    """Stands between client and service: passes half of the first large request on, and then waits."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.half = threading.Event()
        self._connections: list[socket.socket] = []
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            self._connections += [client, server]
            for source, to, up in ((client, server, True), (server, client, False)):
                self.threads.append(threading.Thread(target=self._pass, args=(source, to, up)))
                self.threads[-1].start()

    def _pass(self, source: socket.socket, to: socket.socket, up: bool) -> None:
        sent = 0
        try:
            while data := source.recv(65536):
                to.sendall(data)
                sent += len(data)
                if up and sent > 10_000_000 and not self.half.is_set():
                    self.half.set()
                    to.recv(1, socket.MSG_PEEK)  # until the service has gone
                    break
        except OSError:
            pass
        # Both ways: a request that was cut off is not answered.
        _shut(source, to)

    def close(self) -> None:
        """End everything."""
        _shut(self._listening, *self._connections)
        self._listening.close()
        for thread in self.threads:
            thread.join(10)


def _shut(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def test_nothing_is_lost_when_the_service_is_killed_in_an_upload(service):
    big = {"one.ipynb": b"\x00\xff" * 10_000_000, "data/x.bin": bytes(range(256)) * 1000}
    setup = Client(service.url, token(ADMIN), patience=120)
    earlier = Client(service.url, token("ben")).submit(COURSE, "one", {"one.ipynb": b"ben's"})
    first = Client(service.url, token("ada")).submit(COURSE, "one", {"one.ipynb": b"first"})
    slow = Slow(service.port)
    done = []

    def submit() -> None:
        client = Client(f"http://127.0.0.1:{slow.port}{PREFIX}", token("ada"), patience=120)
        done.append(client.submit(COURSE, "one", big))

    sender = threading.Thread(target=submit)
    sender.start()
    try:
        assert slow.half.wait(120)
        assert [one.student for one in setup.submissions(COURSE)] == ["ben", "ada"]  # no half submission
        service.kill()
        assert not done
        service.start()
        assert setup.submission(COURSE, "one", "ada")[1]["one.ipynb"] == b"first"
        sender.join(240)
        assert not sender.is_alive()
    finally:
        slow.close()
    assert [(one.student, one.moment) for one in setup.submissions(COURSE)] == [
        ("ben", earlier),
        ("ada", first),
        ("ada", done[0]),
    ]
    _, files = setup.submission(COURSE, "one", "ada")
    assert {path: files[path] for path in big} == big
    assert setup.submission(COURSE, "one", "ben")[1]["one.ipynb"] == b"ben's"
    assert setup.submission(COURSE, "one", "ada", first)[1]["one.ipynb"] == b"first"


def test_an_answer_that_is_lost_makes_no_second_submission(service, monkeypatch):
    client = Client(service.url, token("ada"), patience=120)
    send = client._session.send
    answers = []

    def lose_the_first(*args, **kwargs):
        answers.append(send(*args, **kwargs))
        if len(answers) == 1:
            service.kill()
            service.start()
            raise requests.ConnectionError
        return answers[-1]

    monkeypatch.setattr(client._session, "send", lose_the_first)
    moment = client.submit(COURSE, "one", {"one.ipynb": b"{}"})
    assert answers[0].json() == answers[1].json()
    assert [one.moment for one in client.submissions(COURSE, "one", "ada")] == [moment]


def test_told_to_end_it_ends(service):
    assert service.stop() == 0
