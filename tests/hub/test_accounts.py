"""Accounts: generated passwords, what is stored of them, and the pause after wrong ones."""

from __future__ import annotations

import asyncio
import stat

import pytest
from tornado import web

from course_lib.hub import accounts
from course_lib.hub.authenticator import FREE_ATTEMPTS, Attempts, CourseAuthenticator
from course_lib.hub.place import Place
from course_lib.notebooks.errors import CourseError


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "hub")
    place.make()
    return place


def test_the_passwords_are_generated_once_and_only_their_hashes_are_stored(place):
    passwords = accounts.create(place)
    assert set(passwords) == {"instructor", "ada", "ben"}
    assert len(set(passwords.values())) == 3
    assert all(len(password) >= 16 for password in passwords.values())
    stored = place.accounts.read_text()
    assert not any(password in stored for password in passwords.values())
    assert stat.S_IMODE(place.accounts.stat().st_mode) == 0o600
    assert accounts.create(place) == {}
    known = accounts.read(place)
    for name, password in passwords.items():
        assert accounts.matches(password, known[name].password)
        assert not accounts.matches(password + "x", known[name].password)
    assert accounts.names(place, accounts.STUDENT) == ["ada", "ben"]


def test_the_same_password_has_another_hash_every_time():
    assert accounts.hashed("word") != accounts.hashed("word")


@pytest.mark.parametrize("text", ["", "{", "[]", "3"])
def test_a_damaged_file_is_one_line(place, text):
    place.accounts.write_text(text)
    with pytest.raises(CourseError, match="remove it, a new one is made") as caught:
        accounts.create(place)
    assert "\n" not in str(caught.value)


def test_each_attempt_beyond_the_free_ones_costs_a_longer_pause():
    attempts, now, pauses = Attempts(), 1000.0, []
    for _ in range(FREE_ATTEMPTS):
        assert attempts.take(now) == 0
    for _ in range(8):
        pauses.append(attempts.take(now))
        now = attempts.until
        assert attempts.take(now) == 0
    assert pauses[:3] == [15, 30, 60]
    assert pauses[-1] == 300


def log_in(authenticator, name, password):
    return authenticator.authenticate(None, {"username": name, "password": password})


def test_attempts_at_the_same_moment_count_too(place):
    passwords = accounts.create(place)
    authenticator = CourseAuthenticator(folder=str(place.root), parent=None)

    async def many():
        tries = [log_in(authenticator, "ada", f"wrong {n}") for n in range(FREE_ATTEMPTS + 5)]
        return await asyncio.gather(*tries, return_exceptions=True)

    found = asyncio.run(many())
    assert found.count(None) == FREE_ATTEMPTS
    refused = [answer for answer in found if isinstance(answer, web.HTTPError)]
    assert len(refused) == 5
    assert {error.status_code for error in refused} == {429}
    with pytest.raises(web.HTTPError, match=r"try again in 1\d seconds"):
        asyncio.run(log_in(authenticator, "ada", passwords["ada"]))
    # Others can log in all the while.
    assert asyncio.run(log_in(authenticator, "ben", passwords["ben"])) == "ben"


def test_a_right_password_ends_the_count(place):
    password = accounts.create(place)["ada"]
    authenticator = CourseAuthenticator(folder=str(place.root), parent=None)

    async def in_turn():
        for _ in range(2):
            for _ in range(FREE_ATTEMPTS - 1):
                assert await log_in(authenticator, "ada", "wrong") is None
            assert await log_in(authenticator, "ada", password) == "ada"

    asyncio.run(in_turn())


@pytest.mark.parametrize(
    ("name", "password"), [("nobody", ""), ("nobody", "x"), ("", ""), ("ada", ""), ("Ada", "x")]
)
def test_nobody_else_gets_in(place, name, password):
    accounts.create(place)
    authenticator = CourseAuthenticator(folder=str(place.root), parent=None)
    assert asyncio.run(log_in(authenticator, name, password)) is None
