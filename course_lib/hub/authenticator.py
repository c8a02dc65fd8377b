"""The hub's log-in: the accounts of its folder, and a pause after wrong passwords.

Not NativeAuthenticator: it hashes without a pause for names it does not know, its lock counts attempts only
after they were checked, and it brings sign-up pages and a second factor that a demonstration does not need.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from tornado import web
from traitlets import Unicode

from course_lib.hub import accounts
from course_lib.hub.place import Place

FREE_ATTEMPTS = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 300.0  # seconds


@dataclass
class Attempts:
    """Attempts to log in under one name: after `FREE_ATTEMPTS` in a row each costs a pause, which doubles."""

    count: int = 0
    until: float = 0.0

    def take(self, now: float) -> float:
        """Count an attempt, or return the seconds (above 0) for which none is allowed."""
        if now < self.until:
            return self.until - now
        # Counted before the password is checked, so that attempts at the same moment count too.
        self.count += 1
        if (beyond := self.count - FREE_ATTEMPTS) >= 0:
            self.until = now + min(_FIRST_PAUSE * 2**beyond, _LONGEST_PAUSE)
        return 0.0


class CourseAuthenticator(Authenticator):
    """Checks a password against the scrypt hash in the hub's folder."""

    folder = Unicode(config=True, help="The hub's folder.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._accounts = accounts.read(Place(Path(self.folder)))
        # Compared with for names that do not exist, so that they cannot be told by the time it takes.
        self._nobody = accounts.hashed("")
        self._attempts: dict[str, Attempts] = {}

    async def authenticate(self, handler: Any, data: dict[str, str] | None = None, **_: Any) -> str | None:
        """The user's name, or None. Raises HTTPError 429 while attempts have to wait."""
        data = data or {}
        name, password = data.get("username", ""), data.get("password", "")
        account = self._accounts.get(name)
        # Names that do not exist share one entry: a stranger cannot fill the memory.
        attempts = self._attempts.setdefault(name if account else "", Attempts())
        if seconds := attempts.take(time.monotonic()):
            raise web.HTTPError(429, f"Too many wrong passwords: try again in {math.ceil(seconds)} seconds")
        stored = account.password if account else self._nobody
        right = await asyncio.get_running_loop().run_in_executor(None, accounts.matches, password, stored)
        if account is None or not right:
            return None
        self._attempts.pop(name, None)
        return name
