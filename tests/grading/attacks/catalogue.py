"""All attacks, in the order of the catalogue, under the headings of the instructor's page."""

from __future__ import annotations

from tests.grading.attacks import for_harm, for_marks, for_viewers
from tests.grading.attacks.corpus import Attack

ATTACKS: list[Attack] = sorted(
    [*for_marks.ATTACKS, *for_harm.ATTACKS, *for_viewers.ATTACKS], key=lambda attack: attack.row
)

HEADINGS: dict[str, range] = {
    "A mark without the work": range(1, 14),
    "A mark by other ways": range(14, 23),
    "Harm to the run, and to those who are graded next": range(23, 33),
    "What is outside: network, files and processes of others": range(33, 37),
    "Files and archives": range(37, 40),
    "Whoever looks at the result": range(40, 44),
}

assert {attack.row for attack in ATTACKS} == {n for rows in HEADINGS.values() for n in rows}
assert len({attack.id for attack in ATTACKS}) == len(ATTACKS)
