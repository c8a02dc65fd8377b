"""Starts the single-user servers, each in its user's own folder and, where the system allows, with no sight beyond."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from jupyterhub.spawner import LocalProcessSpawner
from traitlets import Bool, List, Unicode

from course_lib.hub import confine
from course_lib.hub.place import Place

SETTINGS = Path(__file__).resolve().parents[2] / "hub" / "local"
"""The settings of Jupyter and nbgrader, by role."""

_SERVER = [sys.executable, "-m", "jupyterhub.singleuser"]


class CourseSpawner(LocalProcessSpawner):
    """A server in the user's own folder below the hub's; there need be no such user on this machine."""

    folder = Unicode(config=True, help="The hub's folder.")
    exchange = Unicode(config=True, help="The address of the exchange, as servers reach it.")
    instructors = List(Unicode(), config=True, help="Who gets the tools of graders.")
    confined = Bool(config=True, help="Whether a server sees only its own home and processes.")

    @property
    def _home(self) -> Path:
        return Place(Path(self.folder)).home(self.user.name)

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """The user's own place, and how to reach the exchange."""
        role = "instructor" if self.user.name in self.instructors else "student"
        own = Place(Path(self.folder)).run / self.user.name
        sockets = f"{confine.TEMPORARY}/warm" if self.confined else str(own)
        return env | {
            "USER": self.user.name,
            "HOME": str(self._home),
            "SHELL": "/bin/sh",
            "JUPYTER_CONFIG_PATH": os.pathsep.join(str(SETTINGS / name) for name in (role, "everybody")),
            "JUPYTER_DEFAULT_PROVISIONER_NAME": "course-warm",
            "COURSE_WARM_DIR": sockets,
            "NGSHARE_URL": self.exchange,
        }

    def make_preexec_fn(self, name: str) -> Callable[[], None]:
        """The server starts in its user's home."""
        return lambda: os.chdir(self._home)

    async def start(self) -> tuple[str, int]:
        """The server's address and port."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        self.cmd = self._confined() if self.confined else self._open()
        return await super().start()

    def _confined(self) -> list[str]:
        # Root gives every server a user of its own.
        number = confine.OWN_NUMBERS + self.orm_spawner.user_id if os.geteuid() == 0 else None
        confine.give(self._home, number)
        return confine.command(self._home, _SERVER, user=self.user.name, number=number, show=[SETTINGS])

    def _open(self) -> list[str]:
        return [*_SERVER, *(["--allow-root"] if os.geteuid() == 0 else [])]
