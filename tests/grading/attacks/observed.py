"""One line on what became of an attack, made of what was observed, for the instructor's page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from playwright.sync_api import Browser

from course_lib.grading.engine.model import REFUSED, CellResult, Result
from tests.grading.attacks import views
from tests.grading.attacks.corpus import Attack
from tests.grading.attacks.task import BUNDLE, POINTS
from tests.grading.attacks.yard import Outcome

_LONGEST = 300
_NAME = re.compile(r"'[^']*'")
_SAID = {
    "message": "The student reads:",
    "notes": "Noted:",
    "reason": "Refused:",
    "printed": "The code reports:",
    "cut": "Of the output are kept:",
    "views": "Seen in a browser:",
    "table": "Seen in the table:",
}
_VARYING = (
    (re.compile(r"\d+ days before"), "many days before"),
    (re.compile(r"cell \d+: "), ""),
    (re.compile(r"'[mho]-[\w-]+-\d+(\.zip)?'"), r"'student\1'"),
)


def observed(attack: Attack, outcome: Outcome, browser: Browser) -> str:
    """What happened to the marks, and the line of evidence that the attack asks for."""
    points = f"{outcome.result.score():g} of {POINTS:g} points"
    lines = [*evidence(attack, outcome, browser)]
    for name, value in outcome.facts.items():
        lines = [line.replace(value, f"({name})") if not value.isdigit() else line for line in lines]
    return f"{points}. {_SAID[attack.shows]} {_quoted(lines)}" if lines else f"{points}."


def evidence(attack: Attack, outcome: Outcome, browser: Browser) -> Iterable[str]:
    """The lines of the result that say what became of it."""
    result = outcome.result
    if attack.shows == "reason" and result.status == REFUSED:
        return [result.reason]
    if attack.shows == "notes":
        return _notes(result)
    if attack.shows == "printed":
        return outcome.printed.strip().splitlines()
    if attack.shows == "views":
        formgrader = views.formgrader_page(outcome.autograded)
        return [
            f"formgrader: {views.looked_at(browser, formgrader)}",
            f"feedback: {views.looked_at(browser, outcome.page)}",
        ]
    if attack.shows == "table":
        return [views.formulas(result)]
    if attack.shows == "cut":
        limit = BUNDLE.limits.output_bytes
        kept = len(outcome.printed.encode())
        return [f"{limit} bytes, the limit" if 0.9 * limit < kept < 1.1 * limit else f"{kept} bytes"]
    if attack.shows == "message":
        return [cell.message.splitlines()[0] for cell in _failed(result)][:1]
    return []


def _notes(result: Result) -> list[str]:
    return [*result.notes, *(note for notebook in result.notebooks for note in notebook.notes)]


def _failed(result: Result) -> list[CellResult]:
    return [cell for notebook in result.notebooks for cell in notebook.cells if cell.message]


def _quoted(lines: list[str]) -> str:
    """The lines without what differs from run to run, as one code span each."""
    shown: list[str] = []
    kinds: set[str] = set()
    for line in lines:
        for pattern, instead in _VARYING:
            line = pattern.sub(instead, line)
        line = line.replace("`", "'").replace("|", "/").replace("\\", "/").strip()
        kind = _NAME.sub("", line)
        if line and kind not in kinds:
            kinds.add(kind)
            shown.append(f"`{line}`")
    text = ""
    for number, line in enumerate(shown):
        if text and len(text) + len(line) > _LONGEST:
            return f"{text} and {len(shown) - number} more"
        text += f"; {line}" if text else line
    return text
