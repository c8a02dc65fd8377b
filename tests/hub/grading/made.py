"""The assignment `centring` as a bundle, and submissions to it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from course_lib.grading import source
from course_lib.grading.engine.bundle import from_assignment
from course_lib.grading.engine.model import Bundle, Submission
from tests.grading.engine.classroom import hand_in
from tests.hub import centring
from tests.hub.running import small_course

RIGHT = {"means": centring.MEANS, "centred": centring.CENTRED}
ALMOST = {"means": centring.MEANS, "centred": centring.ONE_MEAN}
"""Passes the visible tests, and fails a hidden one."""


@cache
def bundle() -> Bundle:
    """With its hidden tests."""
    with tempfile.TemporaryDirectory() as folder:
        (path,) = source.find(small_course(Path(folder) / "course"))
        return from_assignment(source.load(path))


def submission(answers: dict[str, str], student: str = "ada") -> Submission:
    """The released notebook with answers."""
    return hand_in(bundle(), answers, student=student)
