"""The PostgreSQL that the gradebook tests use: `python tests/databases.py` makes sure there is one."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

USER = "postgres"
# The cluster lives for one test run: nothing in it has to survive a power cut.
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "16MB",
}


def programs() -> Path | None:
    """The folder with `initdb` and `pg_ctl`: `COURSE_POSTGRES`, the one on PATH, or Debian's newest."""
    if named := os.environ.get("COURSE_POSTGRES"):
        return Path(named)
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(versions, key=lambda p: float(p.parent.name), default=None)


@dataclass
class Postgres:
    """A running server of its own, reached through a Unix socket in `folder`."""

    programs: Path
    folder: Path
    _databases: list[str] = field(default_factory=list)

    def new_database(self) -> str:
        """Makes an empty database; returns its SQLAlchemy URL."""
        name = f"gradebook{len(self._databases)}"
        self._databases.append(name)
        self._execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://{USER}@/{name}?host={self.folder}"

    def disconnect(self, url: str) -> int:
        """Ends every connection to a database, as a failing network would; returns how many there were."""
        name = url.partition("@/")[2].partition("?")[0]
        return len(
            self._execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                " AND pid <> pg_backend_pid()"
            )
        )

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        options = " ".join(f"-c {key}={value}" for key, value in SETTINGS.items())
        log = self.folder / "log"
        # The parent of the server must not hold our pipes, or reading them would wait for the server's end.
        command = [self.programs / "pg_ctl", "-D", self.folder / "data", "-l", log, "-w", "-t", "60"]
        done = self._run([*command, "-o", f"{options} -k {self.folder}", "start"], stdout=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(
                f"PostgreSQL did not start: {log.read_text() if log.exists() else done.stderr}"
            )

    def stop(self) -> None:
        """Stops the server at once; its clients lose their connections."""
        self._run([self.programs / "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop"])

    def _execute(self, statement: str) -> list[tuple]:
        with psycopg.connect(
            host=str(self.folder), user=USER, dbname="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, command: list, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE if stdout == subprocess.PIPE else subprocess.DEVNULL,
            text=True,
            **_account(),
        )

    def create(self) -> None:
        """Makes the data folder."""
        done = self._run(
            [
                self.programs / "initdb",
                "-D",
                self.folder / "data",
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "-N",
            ]
        )
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stderr.strip()}")


def _account() -> dict:
    """PostgreSQL refuses to run as root: then it runs as the account that its package made."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam(USER)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this process's own; it is gone afterwards."""
    found = programs()
    if found is None:
        raise RuntimeError("no PostgreSQL: run `make database`, or name its bin folder in COURSE_POSTGRES")
    # Short: the path of a Unix socket has room for 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if account := _account():
            os.chown(folder, account["user"], account["group"])
        server = Postgres(found, folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def main() -> int:
    """Install PostgreSQL where the machine has none: the distribution's, as root on Debian."""
    if programs() is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(
            [
                "sh",
                "-c",
                "apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install postgresql",
            ],
            check=False,
            stdin=subprocess.DEVNULL,
        )
    if programs() is not None:
        return 0
    print(
        "no PostgreSQL for the gradebook tests: install one, or name its bin folder in COURSE_POSTGRES",
        file=sys.stderr,
    )
    return 2


if __name__ == "__main__":
    sys.exit(main())
