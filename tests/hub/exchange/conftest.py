"""One running service for a module, with a course in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from course_lib.hub.exchange.client import Client
from tests.hub.exchange.service import ADMIN, Service, running, token

COURSE = "deep-learning"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with the course of `teacher`, `ada` and `ben`; `eve` is in none."""
    with running(tmp_path_factory.mktemp("ngshare"), "--max-body", "8", "--quota", "20") as service:
        setup = Client(service.url, token(ADMIN))
        setup.add_course(COURSE)
        setup.add_instructor(COURSE, "teacher")
        setup.add_students(COURSE, ["ada", "ben"])
        yield service


@pytest.fixture(scope="module")
def of(service: Service) -> Callable[[str], Client]:
    """The client of a person."""
    return lambda name: Client(service.url, token(name), patience=60)
