"""What is graded when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from course_lib.hub.grading import policy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_hidden_tests_run_after_the_due_date_only() -> None:
    assert policy.scope(NOW + timedelta(seconds=1), NOW) == policy.VISIBLE
    assert policy.scope(NOW, NOW) == policy.VISIBLE
    assert policy.scope(NOW - timedelta(seconds=1), NOW) == policy.ALL


def test_without_a_due_date_hidden_tests_stay_hidden() -> None:
    assert policy.scope(None, NOW) == policy.VISIBLE


def test_so_many_gradings_an_hour() -> None:
    assert policy.free_at([], 2) == 0
    assert policy.free_at([100.0], 2) == 0
    assert policy.free_at([300.0, 100.0], 2) == 100 + 3600
    assert policy.free_at([300.0, 100.0, 200.0], 2) == 200 + 3600
