"""Many students at once, and the exchange killed in between: everybody is served and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from tests.hub import load
from tests.hub.running import Hub

STUDENTS = 20
HUB_ARGUMENTS = ("--no-grade-on-submit",)


def test_a_class_hands_in_while_the_exchange_restarts(hub: Hub, tmp_path: Path) -> None:
    report = load.measure(hub, STUDENTS, grading=False)
    assert not report.errors
    assert report.restart["submitted before"] < STUDENTS
    assert (report.acknowledged, report.kept, report.collected, report.exact) == (STUDENTS,) * 4
    assert report.complete
    load.draw(report, tmp_path / "load.svg")
    assert "<svg" in (tmp_path / "load.svg").read_text()
