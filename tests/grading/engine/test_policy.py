"""An assignment may set its own limits; what it asks wrongly is said in one line."""

from __future__ import annotations

from typing import Any

import pytest

from course_lib.grading.engine import policy
from course_lib.grading.engine.model import Limits
from course_lib.grading.engine.policy import Policy, PolicyError


def test_what_is_set_replaces_the_default_and_nothing_else() -> None:
    read = policy.read(
        "a.ipynb", {"course": {"limits": {"cell_seconds": 5, "memory_mb": 500}, "accepts": ["*.csv"]}}
    )
    assert read.applied(Limits(processes=3)) == Limits(cell_seconds=5, memory_mb=500, processes=3)
    assert read.accepts == ("*.csv",)
    assert policy.read("a.ipynb", {"kernelspec": {}}) == Policy()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (["limits"], "'course' is not a mapping"),
        ({"limit": {}}, "no key 'limit'; it may have accepts, extra_cells, limits"),
        ({"limits": {"seconds": 3}}, "no limit 'seconds'; there are cell_seconds"),
        ({"limits": [3]}, "'course.limits' is not a mapping"),
        ({"limits": {"memory_mb": 0.5}}, "write a whole number above 0"),
        ({"limits": {"cell_seconds": 0}}, "write a number above 0"),
        ({"limits": {"cell_seconds": True}}, "write a number above 0"),
        ({"limits": {"cell_seconds": float("nan")}}, "write a number above 0"),
        ({"limits": {"cell_seconds": float("inf")}}, "write a number above 0"),
        ({"accepts": "*.csv"}, "not a list of file patterns"),
        ({"accepts": [""]}, "not a list of file patterns"),
        ({"extra_cells": "no"}, "write true or false"),
    ],
)
def test_a_mistake_is_one_line(data: Any, words: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy.read("a.ipynb", {"course": data})
    message = str(caught.value)
    assert message.startswith("a.ipynb: ")
    assert words in message
    assert "\n" not in message
    assert caught.value.code == 2


def test_notebooks_of_an_assignment_share_one_policy() -> None:
    one, two = Policy({"files": 3}, ("a",), None), Policy({"memory_mb": 9}, ("a", "b"), False)
    assert policy.merged([("one", one), ("two", two)]) == Policy(
        {"files": 3, "memory_mb": 9}, ("a", "b"), False
    )
    with pytest.raises(PolicyError, match="two: limit 'files' is 4 here and 3 in another notebook"):
        policy.merged([("one", one), ("two", Policy({"files": 4}))])
    with pytest.raises(PolicyError, match="the opposite of what another notebook says"):
        policy.merged([("one", two), ("two", Policy(extra_cells=True))])
