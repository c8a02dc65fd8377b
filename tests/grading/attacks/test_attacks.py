"""Every attempt of the catalogue, on the whole way from a folder to a mark, with its innocent twin."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from course_lib.kernels.sandbox import NAMESPACES
from tests.grading.attacks import table
from tests.grading.attacks.catalogue import ATTACKS
from tests.grading.attacks.corpus import Attack
from tests.grading.attacks.yard import Yard


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_attack(yard: Yard, attack: Attack, browser: Browser) -> None:
    """Also: the instructor's page says what was observed just now."""
    line = table.attempt(yard, attack, browser)
    if yard.level == NAMESPACES:
        assert table.promised(attack, line) == table.promised(attack, table.rows()[attack.id])


def test_the_page_is_what_its_parts_say() -> None:
    """Everything on it but what was observed, which `test_attack` compares."""
    assert table.page(table.rows()) == table.PAGE.read_text("utf-8")
