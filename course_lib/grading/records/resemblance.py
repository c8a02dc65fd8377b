"""Which known mistake a failing answer resembles: the wrong answers that come with an assignment, graded once.

A wrong answer is known by its signature: which tests it fails, and what they say. A student's failing test is
compared with the messages that the wrong answers got from the same test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz

from course_lib.grading.engine.model import FAILED, Bundle, Cell, Result, Submission
from course_lib.grading.source import Assignment, answer
from course_lib.notebooks.files import write_atomically

Grade = Callable[[Bundle, Sequence[Submission]], Iterable[Result]]
"""Grades submissions, in any order: a pool's `run` with its other arguments filled in."""

VERSION = 1
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|\b(nan|inf)\b", re.IGNORECASE)
_UNFINISHED = "NotImplementedError"
_ALIKE, _POSSIBLE = 90.0, 75.0
"""Similarity in percent from which two messages are of one kind, and from which they may be."""

VERY_LIKELY, PROBABLY, PERHAPS = "very likely", "probably", "perhaps"
"""The same message as exactly one known mistake; as several of them; a similar message. The tests are
deterministic, so the same mistake gives the same numbers: other numbers make it a similar message."""


@dataclass(frozen=True)
class Example:
    """A wrong answer of the catalogue: a name, what it does wrong, and the sources of its cells by grade_id."""

    name: str
    title: str
    test: str
    cells: dict[str, str]


@dataclass(frozen=True)
class Signature:
    """A wrong answer after grading. `test` is the one it was written for; `messages` by failing test."""

    title: str
    test: str
    messages: dict[str, str]


@dataclass(frozen=True)
class Match:
    """What one failing test's answer resembles: one title, or several that the tests cannot tell apart."""

    test: str
    titles: tuple[str, ...]
    sureness: str

    @property
    def names(self) -> str:
        """The titles in one line."""
        return " or: ".join(title.rstrip(".") for title in self.titles)

    def __str__(self) -> str:
        return f"resembles: {self.names} ({self.sureness})"


def examples(assignment: Assignment) -> list[Example]:
    """The wrong answers of an assignment, each in a complete submission: all other cells are right."""
    reference = {grade_id: answer(cell.source) for grade_id, cell in assignment.solutions().items()}
    return [Example(v.name, v.title, v.test, reference | v.cells) for v in assignment.wrong]


def submission(bundle: Bundle, example: Example) -> Submission:
    """The example as a student would hand it in."""

    def cell(given: Cell) -> dict[str, Any]:
        flags = {name: getattr(given, name) for name in ("grade_id", "grade", "solution", "task", "locked")}
        metadata = {"nbgrader": flags | {"schema_version": 3}} if given.grade_id else {}
        source = example.cells.get(given.grade_id, given.given)
        shown = {"cell_type": given.kind, "metadata": metadata, "source": source}
        return shown | ({"outputs": [], "execution_count": None} if given.kind == "code" else {})

    return Submission(
        example.name,
        {
            f"{notebook.name}.ipynb": json.dumps(
                {
                    "cells": [cell(given) for given in notebook.cells],
                    "metadata": notebook.metadata,
                    "nbformat": 4,
                    "nbformat_minor": 4,
                }
            ).encode()
            for notebook in bundle.notebooks
        },
    )


def signature(result: Result) -> dict[str, str]:
    """The message of each failing test. A test of a task that is not begun says nothing and is left out."""
    return {
        cell.grade_id: cell.message
        for notebook in result.notebooks
        for cell in notebook.cells
        if cell.points and cell.score is not None and cell.score < cell.points
        if cell.message and not not_begun(cell.message)
    }


def catalogue(bundle: Bundle, wrong: Sequence[Example], grade: Grade, cache: Path) -> list[Signature]:
    """The signatures of wrong answers; they are graded when `cache` holds none for this bundle and these answers.

    cache: a folder; the file in it is named after the bundle. An example that no test caught has no signature.
    When the engine could not finish one, nothing is kept, and the next call grades them again.
    """
    if not wrong:
        return []
    kept = cached(bundle, wrong, cache)
    if kept is not None:
        return kept
    known = {example.name: example for example in wrong}
    found, complete = [], True
    for result in grade(bundle, [submission(bundle, example) for example in wrong]):
        example = known[result.student]
        complete = complete and result.status != FAILED
        if messages := signature(result):
            found.append(Signature(example.title, example.test, messages))
    found.sort(key=lambda entry: (entry.test, entry.title))
    if complete:
        key = _key(bundle, wrong)
        write_atomically(
            _file(bundle, cache),
            json.dumps(key | {"signatures": [asdict(entry) for entry in found]}, indent=1),
        )
    return found


def cached(bundle: Bundle, wrong: Sequence[Example], cache: Path) -> list[Signature] | None:
    """What `catalogue` kept for this bundle and these answers; None where they have to be graded (again)."""
    try:
        held = json.loads(_file(bundle, cache).read_text(encoding="utf-8"))
        entries = [Signature(**entry) for entry in held.pop("signatures")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return entries if held == _key(bundle, wrong) else None


def _file(bundle: Bundle, cache: Path) -> Path:
    return cache / f"catalogue-{bundle.assignment}-{bundle.id[:16]}.json"


def _key(bundle: Bundle, wrong: Sequence[Example]) -> dict[str, object]:
    return {"version": VERSION, "bundle": bundle.id, "examples": [asdict(example) for example in wrong]}


def resembles(result: Result, known: Sequence[Signature]) -> list[Match]:
    """The known mistakes of a submission: at most one match per failing test.

    A mistake in an early task makes tests of later ones fail too. Where the mistake found for an earlier test
    makes a later one say the same, the later test has no match of its own.
    """
    failing = signature(result)
    found: list[Match] = []
    explained: set[str] = set()
    for test, message in failing.items():
        match = None if test in explained else _match(test, message, failing, known)
        if match is None:
            continue
        found.append(match)
        for entry in known:
            if entry.test == test and entry.title in match.titles:
                explained |= {
                    other
                    for other, said in entry.messages.items()
                    if other in failing and similarity(failing[other], said) > _ALIKE
                }
    return found


def similarity(one: str, other: str) -> float:
    """How alike two messages are, in percent. 100 is for the same text with the same numbers, up to rounding."""
    if _rounded(one) == _rounded(other):
        return 100.0
    return 0.97 * fuzz.ratio(general(one), general(other)) + 0.02 * fuzz.ratio(one, other)


@lru_cache(maxsize=4096)
def _rounded(message: str) -> str:
    return " ".join(_NUMBER.sub(lambda found: f"{float(found[0]):.3g}", message).split())


@lru_cache(maxsize=4096)
def general(message: str) -> str:
    """A message with its numbers and spacing made alike, so that the same complaint compares equal."""
    return " ".join(_NUMBER.sub("#", message).split())


def _match(test: str, message: str, failing: dict[str, str], known: Sequence[Signature]) -> Match | None:
    """The best wrong answers written for this test. One that fails it only in passing is no explanation of it."""
    rated = [
        (similarity(message, entry.messages[test]), _overlap(failing, entry.messages), entry.title)
        for entry in known
        if entry.test == test and test in entry.messages
    ]
    if not rated:
        return None
    best = max(alike for alike, _, _ in rated)
    if best < _POSSIBLE:
        return None
    near = [(overlap, title) for alike, overlap, title in rated if alike >= best - 0.5]
    shared = max(overlap for overlap, _ in near)
    titles = sorted({title for overlap, title in near if overlap == shared})
    sureness = PERHAPS if best < 100.0 else VERY_LIKELY if len(titles) == 1 else PROBABLY
    return Match(test, tuple(titles), sureness)


def _overlap(failing: dict[str, str], messages: dict[str, str]) -> float:
    """How alike the sets of failing tests are, from 0 to 1."""
    return len(failing.keys() & messages.keys()) / len(failing.keys() | messages.keys())


def not_begun(message: str) -> bool:
    """Whether a failing test only says that the released stub is still there."""
    return _UNFINISHED in message
