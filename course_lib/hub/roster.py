"""Tells the exchange who the hub's people are: `python -m course_lib.hub.roster`, as often as people may come.

For a hub whose people come from elsewhere, such as an institution's log-in; `course hub` knows its own.
The hub's groups say who teaches the course and who takes it. `JUPYTERHUB_API_URL` and `JUPYTERHUB_API_TOKEN` are those
of the service `course-setup`, whose role lets it read groups; `NGSHARE_URL` is the exchange.
"""

from __future__ import annotations

import os
import sys

import requests

from course_lib.hub.exchange.client import Client
from course_lib.hub.place import COURSE, INSTRUCTORS, STUDENTS
from course_lib.notebooks.errors import CourseError

_TIMEOUT = 20  # seconds


def members(api: str, token: str, group: str) -> list[str]:
    """Who is in a group of the hub; nobody when there is no such group yet. Raises CourseError."""
    try:
        answer = requests.get(
            f"{api.rstrip('/')}/groups/{group}", headers={"Authorization": f"token {token}"}, timeout=_TIMEOUT
        )
        if answer.status_code == 404:
            return []
        answer.raise_for_status()
        return sorted(answer.json()["users"])
    except (requests.RequestException, KeyError, ValueError) as error:
        raise CourseError(f"the hub at {api} does not say who is in {group}: {error}") from error


def update(client: Client, instructors: list[str], students: list[str]) -> list[str]:
    """Make the course and these people known to the exchange; returns one line per change.

    Who has left a group loses the course; what they handed in stays.
    """
    client.add_course(COURSE)
    done = []
    for name in sorted(set(instructors) - set(client.instructors(COURSE))):
        client.add_instructor(COURSE, name)
        done.append(f"{name} teaches {COURSE}")
    known = set(client.students(COURSE))
    # Whoever teaches does not take the course as well: the exchange knows people by one role.
    wanted = set(students) - set(instructors)
    client.add_students(COURSE, sorted(wanted - known))
    done += [f"{name} takes {COURSE}" for name in sorted(wanted - known)]
    for name in sorted(known - wanted):
        client.remove_student(COURSE, name)
        done.append(f"{name} no longer takes {COURSE}")
    return done


def main() -> int:
    """Bring the exchange up to date; 0, or 2 with one line on stderr."""
    try:
        api, token, exchange = (
            os.environ[name] for name in ("JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "NGSHARE_URL")
        )
        people = {group: members(api, token, group) for group in (INSTRUCTORS, STUDENTS)}
        print(*update(Client(exchange, token), people[INSTRUCTORS], people[STUDENTS]), sep="\n")
    except KeyError as error:
        print(f"roster: {error.args[0]} is not set", file=sys.stderr)
        return 2
    except CourseError as error:
        print(f"roster: {error}", file=sys.stderr)
        return error.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
