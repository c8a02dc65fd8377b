"""The instructor's page about attacks: `python -m tests.grading.attacks.table` tries them all and writes it.

With names of attacks, as in the tests' ids, only those are tried, and the other rows stay.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser
from tqdm import tqdm

from course_lib.kernels import client
from course_lib.kernels.sandbox import LANDLOCK, NAMESPACES, Protections
from course_lib.kernels.sandbox.protections import Trial
from tests.grading.attacks.catalogue import ATTACKS, HEADINGS
from tests.grading.attacks.corpus import Attack
from tests.grading.attacks.observed import observed
from tests.grading.attacks.task import POINTS
from tests.grading.attacks.yard import Outcome, Yard, opened
from tests.site.browser import chromium

PAGE = Path(__file__).resolve().parents[3] / "instructor" / "grading-security.md"

_INTRODUCTION = f"""\
# What a hostile submission tries

A notebook that you grade is a program that a stranger wrote.
Most strangers are honest, some are careless, and a few are curious.
This page lists what the tests of this repository try against `course grade` in its strict mode, and what came of it.

Every line is a submission that goes the whole way: from a folder through both processes to the gradebook, the
autograded notebook and the feedback page.
Wrong answers must get no points; right answers with an attack beside them must cost nobody anything.
After each one the tests look for what may have changed: files outside, the rows of other students, processes that
are left, messages that reached the network, and a mark of the hidden tests in anything that a student can see.
Then they grade its innocent version and another student, who both must get all {POINTS:g} points.

The middle column is written by the run itself: the points, and what the student's page, the notes or the attacking
code said.
Where it is the code's own report of what it got, the words are the attacker's; the checks do not rely on them.
"""

_HEAD = """\
| What is tried | What happens here | The innocent version |
| --- | --- | --- |"""

_WEAKER = """\
## Without namespaces

The runs above had the sandbox called `namespaces`: users, processes, files, network and names of its own.
Some clusters forbid that. There, `course grade` takes the level `landlock`, says so at the start, and refuses
strict mode where that does not hold either.
The same attacks run against it wherever the tests find it; none had more success.
It promises less:

{weaker}
* The number of processes is counted for the user, not for the sandbox: give grading a user of its own.
* Host name and user are those of the machine.
* Of the innocent versions above, these do not work there: {twins}.
"""

_NOT_CLAIMED = """\
## What is not claimed

* **Hidden tests stay hidden, their arguments do not.** A hidden test that calls `average([4, 8])` tells the student's
  function that there is a 4 and an 8. What it compares with, and its text, stay in the judge.
* **A message says what its author lets it say.** `np.testing.assert_allclose` quotes the expected numbers, as in
  nbgrader; write `assert np.allclose(a, b), "a text of your own"` where they must stay secret.
* **A student can find out that grading happens.** User, host, folders and variables look like Jupyter's, but code that
  looks into its own process finds the grader's modules. It gains nothing: only what is returned to a test counts.
* **A weak test is weak.** Whoever returns what your test expects, by whatever way, passes.
* **Where a task asks for a class, its instances can compute.** `abs(v - 3)` is then the student's own subtraction.
  Test with plain values, as in `float(v)` or `v.items`. Results of functions and methods are never computed with.
* **The kernel of the operating system is trusted.** A sandbox of this kind shares it with you; a fault in it is a
  way out. For people you have no reason to trust at all, grade in a virtual machine.
* **Time tells.** How long something takes can be measured from inside, and two submissions on one processor feel
  each other.
* **Files' times are believed** when `timestamp.txt` says them, as in nbgrader; a time long before the files' own is
  noted.
* **Compat mode claims nothing of this.** There tests and answers share a process, by nbgrader's rules.
"""


def attempt(yard: Yard, attack: Attack, browser: Browser) -> str:
    """Try an attack; its line of the page. Raises AssertionError when it had success, or its twin had none."""
    hostile, twin, other = yard.attack(attack)
    assert hostile.result.score() == attack.score, hostile.result
    if yard.level == NAMESPACES or attack.landlock_twin:
        assert twin.result.score() == POINTS, twin.result
        assert attack.twin_raises == _raised(twin), twin.result
    assert other.result.score() == POINTS, other.result
    return line(attack, observed(attack, hostile, browser))


def _raised(outcome: Outcome) -> bool:
    """Whether a cell of the submission has raised something."""
    return any(
        output["output_type"] == "error"
        for notebook in outcome.result.notebooks
        for cell in notebook.cells
        for output in cell.outputs
    )


def line(attack: Attack, seen: str) -> str:
    """A row of the table."""
    return f"| {attack.tried} | {seen} | {attack.innocent} |"


def promised(attack: Attack, text: str) -> str:
    """What a run of the tests must find again of a row: all of it, or the points and where the words come from.

    The words are left out where an attack races, with itself or with a limit of time, and where its own code reports
    them: then they are what the operating system of this machine told it.
    """
    if attack.races or attack.shows == "printed":
        return text.removeprefix(f"| {attack.tried} | ").partition("`")[0]
    return text


def is_of(text: str, attack: Attack) -> bool:
    """Whether a line of the page is the row of `attack`."""
    return text.startswith(f"| {attack.tried} | ") and text.endswith(f" | {attack.innocent} |")


def page(lines: Mapping[str, str]) -> str:
    """The page, with the rows by the attacks' ids."""
    parts = [_INTRODUCTION]
    for heading, rows in HEADINGS.items():
        table = [_HEAD, *(lines[attack.id] for attack in ATTACKS if attack.row in rows)]
        parts.append(f"## {heading}\n\n" + "\n".join(table) + "\n")
    return "\n".join([*parts, _WEAKER.format(weaker=_promised_less(), twins=_without_twins()), _NOT_CLAIMED])


def _promised_less() -> str:
    """What the sandbox itself says about its second level, as a list."""
    trials = (Trial(NAMESPACES, "forbidden"), Trial(LANDLOCK))
    said = [line.partition("weaker than with namespaces: ")[2] for line in Protections(trials).lines()]
    return "\n".join(f"* {line[0].upper()}{line[1:]}." for line in said if line)


def _without_twins() -> str:
    return "; ".join(
        attack.innocent[0].lower() + attack.innocent[1:] for attack in ATTACKS if not attack.landlock_twin
    )


def rows() -> dict[str, str]:
    """The rows that the page has now, by the attacks' ids."""
    lines = PAGE.read_text("utf-8").splitlines()
    return {attack.id: line for attack in ATTACKS for line in lines if is_of(line, attack)}


def main(names: list[str]) -> int:
    """Try everything once, or only what is named, and write the page; 1 when something had success."""
    lines = rows() if names else {}
    chosen = [attack for attack in ATTACKS if not names or attack.id in names]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cg") as folder:
        os.environ |= {"COURSE_WARM_DIR": folder, "COURSE_WARM_IDLE": "120"}
        try:
            with chromium() as browser, opened(NAMESPACES) as yard:
                for attack in tqdm(chosen, disable=None):
                    try:
                        lines[attack.id] = attempt(yard, attack, browser)
                    except AssertionError as problem:
                        print(f"{attack.id}: {str(problem)[:2000]}", file=sys.stderr)
                        failed += 1
        finally:
            client.stop_servers()
    if failed:
        return 1
    PAGE.write_text(page(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
