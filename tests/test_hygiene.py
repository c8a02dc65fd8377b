"""The repository's own text is clean, and the check finds what it is there for."""

import pytest

from tests import hygiene


def test_repository_is_clean():
    assert hygiene.check(hygiene.tracked()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\r\n", "carriage returns"),
        ("a", "no newline"),
        ("<<<<<<< ours\n", "merge mark"),
        ("a \n", "blanks at the end"),
        ("\ta\n", "tab"),
        ("see /home/ada/x\n", "one machine"),
    ],
)
def test_each_fault_is_named(text, words):
    found = hygiene.complaints("page.md", text)
    assert len([line for line in found if words in line]) == 1


def test_clean_text_passes():
    assert hygiene.complaints("page.md", "A sentence.\n\nhttps://example.org/home/page\n") == []
