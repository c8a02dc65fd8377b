"""What an assignment asks of its grading: the `course` key of a notebook's metadata.

`{"course": {"limits": {"cell_seconds": 20}, "accepts": ["helpers.py"], "extra_cells": false}}`; every key may
be left out. See `model.Bundle` and `model.Limits` for what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from course_lib.grading.engine.model import Limits
from course_lib.notebooks.errors import CourseError

KEY = "course"
_KEYS = ("accepts", "extra_cells", "limits")
_WHOLE = {f.name: f.type == "int" for f in fields(Limits)}


class PolicyError(CourseError):
    """Metadata that asks for something there is not."""


@dataclass(frozen=True)
class Policy:
    """What one or more notebooks ask for. `extra_cells` is None where none of them says."""

    limits: dict[str, float] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()
    extra_cells: bool | None = None

    def applied(self, limits: Limits) -> Limits:
        """`limits` with those that the policy sets."""
        values: dict[str, Any] = self.limits
        return replace(limits, **values)


def read(where: str, metadata: dict[str, Any]) -> Policy:
    """The policy in a notebook's metadata. `where` names the notebook in messages. Raises PolicyError."""
    data = metadata.get(KEY, {})
    if not isinstance(data, dict):
        raise PolicyError(f"{where}: metadata '{KEY}' is not a mapping; it may have {', '.join(_KEYS)}")
    for key in data:
        if key not in _KEYS:
            raise PolicyError(f"{where}: metadata '{KEY}' has no key '{key}'; it may have {', '.join(_KEYS)}")
    extra = data.get("extra_cells")
    if extra is not None and not isinstance(extra, bool):
        raise PolicyError(f"{where}: '{KEY}.extra_cells' is {extra!r}; write true or false")
    accepts = data.get("accepts", [])
    if not isinstance(accepts, list) or not all(isinstance(pattern, str) and pattern for pattern in accepts):
        raise PolicyError(f"{where}: '{KEY}.accepts' is not a list of file patterns; write such as ['*.csv']")
    return Policy(_limits(where, data.get("limits", {})), tuple(accepts), extra)


def _limits(where: str, data: Any) -> dict[str, float]:
    if not isinstance(data, dict):
        raise PolicyError(f"{where}: '{KEY}.limits' is not a mapping; it may have {', '.join(_WHOLE)}")
    for key, value in data.items():
        if key not in _WHOLE:
            raise PolicyError(f"{where}: there is no limit '{key}'; there are {', '.join(_WHOLE)}")
        right = isinstance(value, int if _WHOLE[key] else int | float) and not isinstance(value, bool)
        if not right or not 0 < value < float("inf"):
            kind = "whole number" if _WHOLE[key] else "number"
            raise PolicyError(f"{where}: limit '{key}' is {value!r}; write a {kind} above 0")
    return dict(data)


def merged(policies: Iterable[tuple[str, Policy]]) -> Policy:
    """One policy for the notebooks of an assignment, given with their names. Raises PolicyError for a contradiction."""
    limits: dict[str, float] = {}
    accepts: list[str] = []
    extra: bool | None = None
    for where, policy in policies:
        for key, value in policy.limits.items():
            if limits.setdefault(key, value) != value:
                raise PolicyError(
                    f"{where}: limit '{key}' is {value:g} here and {limits[key]:g} in another notebook"
                )
        accepts += [pattern for pattern in policy.accepts if pattern not in accepts]
        if extra is not None and policy.extra_cells not in (None, extra):
            raise PolicyError(f"{where}: '{KEY}.extra_cells' is the opposite of what another notebook says")
        extra = policy.extra_cells if extra is None else extra
    return Policy(limits, tuple(accepts), extra)
