"""The service of the hub that grades on submission: `python -m course_lib.hub.grading.service`.

The hub starts it with what it tells every service in the environment (JUPYTERHUB_API_TOKEN, JUPYTERHUB_API_URL,
JUPYTERHUB_SERVICE_PREFIX, JUPYTERHUB_SERVICE_URL, ...) and two variables more: NGSHARE_URL, the address of the
exchange, and NGSHARE_TOKEN, the token of an instructor of the course or an administrator there.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from course_lib.notebooks.errors import CourseError


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="course_lib.hub.grading.service", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, required=True, help="the service's own folder, made when missing"
    )
    parser.add_argument("--course", type=Path, required=True, help="the instructor's nbgrader course folder")
    parser.add_argument("--hourly", type=int, default=10, help="gradings per student, assignment and hour")
    args = parser.parse_args(arguments)
    # Imported here: the worker processes import this module, and need neither the hub nor a web server.
    from course_lib.hub.grading import running

    try:
        asyncio.run(running.serve(args.folder, args.course, args.hourly))
    except CourseError as error:
        print(error, file=sys.stderr)
        return error.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
