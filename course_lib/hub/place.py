"""The hub's folder, and what lies where in it."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from course_lib.notebooks.errors import CourseError

COURSE = "deep-learning"
"""The name of the course in the exchange, in nbgrader and in the names of the hub's groups."""

INSTRUCTORS, STUDENTS = f"formgrade-{COURSE}", f"nbgrader-{COURSE}"
"""The groups of the hub; their names are nbgrader's convention."""

SETUP, GRADER, EXCHANGE, GRADING = "course-setup", "course-grader", "ngshare", "grading"
"""The hub's services: two accounts with a token and no process, and two programs with a page each."""


@dataclass(frozen=True)
class Place:
    """A hub's folder: everything that must survive a restart, readable by its owner only."""

    root: Path

    @property
    def database(self) -> Path:
        """JupyterHub's own state: people, groups, tokens."""
        return self.root / "jupyterhub.sqlite"

    @property
    def cookie_secret(self) -> Path:
        return self.root / "cookie_secret"

    @property
    def accounts(self) -> Path:
        """Who may log in, with the hashes of their passwords."""
        return self.root / "accounts.json"

    @property
    def ngshare(self) -> Path:
        """The exchange: its database and the files."""
        return self.root / "ngshare"

    @property
    def grading(self) -> Path:
        """What grading on submission has done."""
        return self.root / "grading"

    @property
    def run(self) -> Path:
        """Sockets and process numbers of the running hub."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """The log of the last start."""
        return self.root / "log" / "hub.log"

    @property
    def course(self) -> Path:
        """The instructor's nbgrader course folder."""
        return self.home("instructor") / "course"

    def home(self, user: str) -> Path:
        """The working folder and home of a user's server."""
        return self.root / "home" / user

    def make(self) -> None:
        """Make the folder with its parts. Raises CourseError when it cannot be a private folder of ours."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.root.stat().st_uid != os.getuid():
                raise CourseError(f"{self.root} belongs to somebody else: choose another --folder")
            if unknown := self._foreign():
                raise CourseError(
                    f"{self.root} is not a hub's folder, {unknown} is in it: choose an empty --folder"
                )
            self.root.chmod(0o700)
            for path in (self.home(""), self.ngshare, self.grading, self.run, self.log.parent):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise CourseError(
                f"{self.root} cannot be the hub's folder: {error.strerror}: choose another --folder"
            ) from error

    def _foreign(self) -> str:
        """Something that is in the folder although no hub has ever used it; its mode will be changed."""
        if self.accounts.exists() or (self.root / "lock").exists():
            return ""
        return next((path.name for path in sorted(self.root.iterdir())), "")

    def tokens(self) -> dict[str, str]:
        """The services' API tokens by name; made on the first call, so that restarts keep them."""
        path = self.root / "tokens.json"
        known: dict[str, str] = read_json(path) if path.exists() else {}
        if missing := [name for name in (SETUP, GRADER, EXCHANGE, GRADING) if name not in known]:
            known |= {name: secrets.token_hex(32) for name in missing}
            write_private(path, json.dumps(known, indent=1))
        return known


def read_json(path: Path) -> dict:
    """A file of the hub's own. Raises CourseError when it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read ({error}): remove it, a new one is made") from error
    if not isinstance(found, dict):
        raise CourseError(f"{path} is damaged: remove it, a new one is made")
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read: all of it or nothing, whatever happens meanwhile."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
