"""The web pages of the service, behind the hub's login."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado.web import Application, HTTPError, RequestHandler, authenticated

from course_lib.grading.records.pages import policy as page_policy
from course_lib.hub.grading import pages
from course_lib.hub.grading.queue import Job, Queue

_SOON, _LATER = 2, 15
"""Seconds after which a page renews itself: while something is being graded, and else."""

# A kept page says itself which style sheet it may use: it may be that of an earlier version.
_KEPT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_ALONE = "; frame-ancestors 'none'"

Due = Callable[[], Mapping[str, datetime | None]]


def application(prefix: str, course: str, queue: Queue, due: Due) -> Application:
    """The service's pages below `prefix`. due: when each assignment is due, as far as that is known."""
    own: dict[str, Any] = {"queue": queue, "course": course, "due": due}
    return Application(
        [
            (prefix, _Index, own),
            (prefix + r"submission/(\d{1,18})/()", _Submission, own),
            (prefix + r"submission/(\d{1,18})/([^/]+)", _Submission, own),
            (prefix + "oauth_callback", _Callback),
            (prefix + "health", _Health),
        ],
        default_handler_class=_Nothing,
        cookie_secret=secrets.token_bytes(32),  # a new one costs people a redirection
        xsrf_cookies=True,
    )


class _Careful(RequestHandler):
    """The headers of every answer."""

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", page_policy() + _ALONE)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")


class _Page(HubOAuthenticated, _Careful):
    """A page for a person whom the hub knows."""

    def initialize(self, queue: Queue, course: str, due: Due) -> None:
        self.queue = queue
        self.course = course
        self.due = due

    async def prepare(self) -> None:
        # Tornado asks for the user without waiting; this leaves the answer where it is found then.
        await self.hub_auth.get_user(self, sync=False)

    def check_hub_user(self, model: dict[str, Any]) -> dict[str, Any]:
        """Let in whom the hub lets in, if it is a person."""
        allowed = super().check_hub_user(model)
        if allowed and allowed.get("kind") != "user":
            raise HTTPError(403)
        return allowed

    @property
    def person(self) -> str:
        """Who is asking."""
        return self.current_user["name"]

    @property
    def teaches(self) -> bool:
        """Whether it is an instructor of the course."""
        return f"formgrade-{self.course}" in self.current_user.get("groups", [])


class _Index(_Page):
    """The list: one's own submissions; for instructors, everybody's."""

    @authenticated
    async def get(self) -> None:
        html, is_open = await asyncio.to_thread(self._page, self.person, self.teaches)
        self.set_header("Refresh", str(_SOON if is_open else _LATER))
        await self.finish(html)

    def _page(self, person: str, teaches: bool) -> tuple[str, bool]:
        jobs = self.queue.jobs(None if teaches else person)
        found = pages.sections(jobs, self.queue.places(), self.due(), datetime.now(UTC))
        if teaches:
            return pages.everybody(self.course, found), pages.is_open(found)
        return pages.own(person, found, self.queue.hourly), pages.is_open(found)


class _Submission(_Page):
    """One graded submission."""

    @authenticated
    async def get(self, number: str, notebook: str) -> None:
        job = await asyncio.to_thread(self.queue.job, int(number))
        if job is None or not self._may_see(job):
            raise HTTPError(404)  # as if there were none
        html = job.pages.get(notebook) if notebook else next(iter(job.pages.values()), None)
        if html is None:
            raise HTTPError(404)
        self.set_header("Content-Security-Policy", _KEPT + _ALONE)
        await self.finish(html)

    def _may_see(self, job: Job) -> bool:
        return (self.teaches or job.student == self.person) and pages.is_shown(
            job, self.due(), datetime.now(UTC)
        )


class _Callback(_Careful, HubOAuthCallbackHandler):
    """The end of a login."""


class _Health(_Careful):
    """Whether the service runs."""

    async def get(self) -> None:
        await self.finish({"status": "ok"})


class _Nothing(_Careful):
    """Any other address."""

    def prepare(self) -> None:
        raise HTTPError(404)
