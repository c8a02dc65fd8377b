"""The people of the hub: generated passwords, shown once and stored as scrypt hashes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass

from course_lib.hub.place import Place, read_json, write_private

INSTRUCTOR, STUDENT = "instructor", "student"

PEOPLE = {"instructor": INSTRUCTOR, "ada": STUDENT, "ben": STUDENT}
"""Who there is on a new hub, and as what."""

_COST, _BLOCK, _PARALLEL = 2**15, 8, 1
_MEMORY = 64 * 2**20  # bytes; scrypt needs 128 * cost * block


@dataclass(frozen=True)
class Account:
    """Somebody who may log in. `password` is a hash."""

    name: str
    role: str
    password: str


def create(place: Place) -> dict[str, str]:
    """Make the accounts if there are none; returns the new passwords by name, nothing if there were accounts."""
    if place.accounts.exists():
        read(place)
        return {}
    passwords = {name: secrets.token_urlsafe(12) for name in PEOPLE}
    stored = {name: {"role": PEOPLE[name], "password": hashed(word)} for name, word in passwords.items()}
    write_private(place.accounts, json.dumps(stored, indent=1))
    return passwords


def read(place: Place) -> dict[str, Account]:
    """The accounts by name. Raises CourseError when the file is damaged."""
    return {
        name: Account(name, str(entry["role"]), str(entry["password"]))
        for name, entry in read_json(place.accounts).items()
    }


def names(place: Place, role: str) -> list[str]:
    """Who has the role."""
    return [account.name for account in read(place).values() if account.role == role]


def hashed(password: str) -> str:
    """The password's scrypt hash, with its salt and costs."""
    salt = os.urandom(16)
    parts = (salt, _scrypt(password, salt, _COST, _BLOCK, _PARALLEL))
    return "$".join(["scrypt", str(_COST), str(_BLOCK), str(_PARALLEL), *map(_text, parts)])


def matches(password: str, stored: str) -> bool:
    """Whether the password is the one of the hash. Takes about a tenth of a second."""
    _, cost, block, parallel, salt, wanted = stored.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, base64.b64decode(wanted))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=parallel, maxmem=_MEMORY, dklen=32)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
