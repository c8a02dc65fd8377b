"""Sandboxes of the levels that this machine and this user can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from course_lib.kernels.sandbox import LANDLOCK, NAMESPACES, protections
from tests.kernels.sandbox.inside import Inside


@pytest.fixture
def sandbox() -> Iterator[Callable[..., Inside]]:
    """Start sandboxes; those still running are ended after the test."""
    started: list[Inside] = []

    def start(*args: Any, **kwargs: Any) -> Inside:
        started.append(Inside(*args, **kwargs))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture(params=[NAMESPACES, LANDLOCK])
def level(request: pytest.FixtureRequest) -> str:
    """Every level that confines. One that a machine does not have cannot be tested there."""
    (trial,) = (trial for trial in protections().trials if trial.level == request.param)
    if trial.reason:
        pytest.skip(f"this machine has no level {request.param!r}: {trial.reason}")
    return request.param
