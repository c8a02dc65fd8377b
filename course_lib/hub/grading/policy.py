"""What is graded when: the visible tests until the due date, every test after it; so many times an hour."""

from __future__ import annotations

from datetime import datetime

VISIBLE, ALL = "visible", "all"
"""Scopes of a grading: the tests that students can read, or the hidden ones too."""

HOURLY = 10
"""Gradings per student, assignment, scope and hour."""

HOUR = 3600.0


def scope(due: datetime | None, now: datetime) -> str:
    """What may be graded, and shown, now. Without a due date hidden tests stay hidden."""
    return ALL if due is not None and now > due else VISIBLE


def free_at(begun: list[float], hourly: int) -> float:
    """When the next grading may begin, in seconds since the epoch; 0 for at once.

    begun: when the gradings of the last hour began, in any order.
    """
    return sorted(begun)[-hourly] + HOUR if len(begun) >= hourly else 0.0
