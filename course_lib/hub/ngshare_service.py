"""Runs ngshare as a service of the hub: `python -m course_lib.hub.ngshare_service --folder DIR --admins NAMES`.

ngshare's own command listens on every address of the machine and takes bodies of any size. The hub's variables
(`JUPYTERHUB_API_URL`, `JUPYTERHUB_API_TOKEN`, `JUPYTERHUB_SERVICE_URL`, `JUPYTERHUB_SERVICE_PREFIX`) say where
the hub and this service are.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

from ngshare import dbutil

from course_lib.hub.ngshare_gate import Gate, GatedServer, Identity
from course_lib.hub.ngshare_handlers import ExchangeApplication

BODY = 50  # megabytes that a request may have
QUOTA = 500  # megabytes that one person's submissions may have together


def main(argv: list[str] | None = None) -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser(description="ngshare as a service of the hub")
    parser.add_argument("--folder", type=Path, required=True, help="of the database and the files")
    parser.add_argument("--admins", default="", help="names of services, separated by commas")
    parser.add_argument("--address", help="to listen on (default: the host in JUPYTERHUB_SERVICE_URL)")
    parser.add_argument(
        "--max-body", type=float, default=BODY, help="megabytes of a request (default: %(default)s)"
    )
    parser.add_argument(
        "--quota",
        type=float,
        default=QUOTA,
        help="megabytes of a person's submissions (default: %(default)s)",
    )
    args = parser.parse_args(argv)
    storage = args.folder / "files"
    storage.mkdir(parents=True, exist_ok=True)
    os.umask(0o077)
    url = f"sqlite:///{(args.folder / 'ngshare.db').resolve()}"
    dbutil.upgrade(url, cmd_opts=SimpleNamespace(x=["data=true", f"storage={storage}"]))
    # Not before: the migrations set up logging of their own.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s ngshare: %(message)s", force=True)
    for name in ("tornado.access", "tornado.application", "tornado.general"):
        logging.getLogger(name).disabled = False
    limits = {"body": int(args.max_body * 1e6), "quota": int(args.quota * 1e6)}
    asyncio.run(_serve(args, url, storage, limits))


async def _serve(args: argparse.Namespace, db_url: str, storage: Path, limits: dict[str, int]) -> None:
    identity = Identity()
    admins = [name for name in args.admins.split(",") if name]
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    application = ExchangeApplication(prefix, db_url, storage, admins, identity, limits)
    server = GatedServer.of(application, Gate(identity, limits["body"]))
    where = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    server.listen(where.port or 80, args.address or where.hostname or "127.0.0.1")
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    server.stop()
    await server.close_all_connections()


if __name__ == "__main__":
    main()
