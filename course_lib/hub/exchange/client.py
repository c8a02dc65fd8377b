"""A client of the exchange: ngshare, as `course_lib.hub.ngshare_service` runs it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

from course_lib.hub.exchange.files import Files, check_path
from course_lib.notebooks.errors import CourseError

SECRET = (
    "submission_secret.txt"  # nbgrader's name; here it also tells a repeated request from a second submission
)
PATIENCE = 60.0  # seconds a call goes on trying: the hub looks every 30 whether a service still runs
_AWAY = {502, 503, 504}  # what the hub's proxy says while a service is down
_TIMEOUT = (5.0, 120.0)  # seconds to connect; seconds without a byte of the answer
_ASK_FIRST = 1_000_000  # bytes of a request from which the service's own limit is asked for
_BROKEN = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


class ExchangeFailure(CourseError):
    """The exchange refused, or did not answer. status: the HTTP status, 0 without an answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Submission:
    """What one person handed in, and when by the clock of the service (UTC).

    files, feedback: MD5 checksums by path relative to the submission's folder.
    """

    student: str
    assignment: str
    moment: datetime
    files: Mapping[str, str] = field(default_factory=dict)
    feedback: Mapping[str, str] = field(default_factory=dict)


class Client:
    """Calls of the exchange, in the name of whom the hub gave the token to.

    url: where the service is, for instance `http://127.0.0.1:8000/services/ngshare`. patience: seconds that a
    call goes on trying while the service does not answer; all calls may be repeated without harm. Every call
    raises `ExchangeFailure`, with one line, when the exchange refuses or does not answer in that time.
    """

    def __init__(self, url: str, token: str, patience: float = PATIENCE) -> None:
        self._url = url.rstrip("/")
        self._patience = patience
        self._session = requests.Session()
        self._session.trust_env = False  # a ~/.netrc would replace the token, a proxy would see it
        self._session.headers["Authorization"] = f"token {token}"

    def courses(self) -> list[str]:
        """The courses that this person takes or teaches; all of them for an administrator of the exchange."""
        return self._call("GET", "courses")["courses"]

    def add_course(self, course: str) -> None:
        """Make a course, if there is none of that name (administrators only)."""
        if course in self.courses():
            return
        try:
            self._call("POST", "course", course)
        except ExchangeFailure as error:
            if error.status != 409:  # made meanwhile
                raise

    def add_instructor(self, course: str, name: str) -> None:
        """Let a person teach a course (administrators only)."""
        self._call("POST", "instructor", course, name, fields=_person())

    def add_students(self, course: str, names: Iterable[str]) -> None:
        """Let people take a course (its instructors only)."""
        people = [{"username": name, **_person()} for name in names]
        if not people:
            return
        for told in self._call("POST", "students", course, fields={"students": json.dumps(people)})["status"]:
            if not told["success"]:
                raise ExchangeFailure(f"'{told['username']}' cannot take {course}: {told['message']}")

    def remove_student(self, course: str, name: str) -> None:
        """Take a person out of a course; what they handed in stays (its instructors only)."""
        self._call("DELETE", "student", course, name)

    def instructors(self, course: str) -> list[str]:
        """Who teaches a course."""
        return [told["username"] for told in self._call("GET", "instructors", course)["instructors"]]

    def students(self, course: str) -> list[str]:
        """Who takes a course (its instructors only)."""
        return [told["username"] for told in self._call("GET", "students", course)["students"]]

    def assignments(self, course: str) -> dict[str, list[str]]:
        """The released assignments of a course, by name, with the paths of their files."""
        return self._call("GET", "assignments", course)["files"]

    def assignment(self, course: str, assignment: str) -> Files:
        """A released assignment."""
        return _unpack(self._call("GET", "assignment", course, assignment)["files"])

    def release(self, course: str, assignment: str, files: Files) -> None:
        """Release an assignment, or put these files in the place of those that were (instructors only).

        What students handed in stays.
        """
        self._call("PUT", "assignment", course, assignment, fields={"files": _pack(files)})

    def withdraw(self, course: str, assignment: str) -> None:
        """Take a release back; what students handed in stays (instructors only)."""
        self._call("DELETE", "assignment", course, assignment)

    def submit(self, course: str, assignment: str, files: Files) -> datetime:
        """Hand in; returns when, by the clock of the service (UTC).

        However often the request is repeated because an answer was lost, there is one submission.
        """
        secret = secrets.token_hex(64).encode()
        fields = {"files": _pack({**files, SECRET: secret})}
        return _moment(self._call("POST", "submission", course, assignment, fields=fields)["timestamp"])

    def submissions(
        self, course: str, assignment: str = "", student: str = "", since: datetime | None = None
    ) -> list[Submission]:
        """Submissions in the order in which they came: to a course, or to one assignment of it.

        student: only theirs; everybody else's are for instructors. since: only those received after this moment.
        """
        params = {"assignment": assignment, "student": student, "since": _text(since) if since else ""}
        told = self._call("GET", "submissions", course, params=params)["submissions"]
        return [
            Submission(
                student=entry["student_id"],
                assignment=entry["assignment_id"],
                moment=_moment(entry["timestamp"]),
                files={file["path"]: file["checksum"] for file in entry["files"]},
                feedback={file["path"]: file["checksum"] for file in entry["feedback"]},
            )
            for entry in told
        ]

    def submission(
        self, course: str, assignment: str, student: str, moment: datetime | None = None
    ) -> tuple[datetime, Files]:
        """The submission received at a moment, or the latest, and that moment (instructors only)."""
        params = {"timestamp": _text(moment)} if moment else None
        told = self._call("GET", "submission", course, assignment, student, params=params)
        return _moment(told["timestamp"]), _unpack(told["files"])

    def release_feedback(
        self, course: str, assignment: str, student: str, moment: datetime, files: Files
    ) -> None:
        """Put feedback to a submission in the place of what was there (instructors only)."""
        fields = {"timestamp": _text(moment), "files": _pack(files)}
        self._call("POST", "feedback", course, assignment, student, fields=fields)

    def feedback(self, course: str, assignment: str, student: str, moment: datetime) -> Files:
        """The feedback to a submission (the person themselves, and instructors)."""
        params = {"timestamp": _text(moment)}
        return _unpack(self._call("GET", "feedback", course, assignment, student, params=params)["files"])

    def _call(
        self,
        method: str,
        *path: str,
        params: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """One request and its answer."""
        for part in path:
            if part in ("", ".", ".."):
                raise ExchangeFailure(f"'{part}' is not a name in the exchange")
        request = self._session.prepare_request(
            requests.Request(
                method,
                "/".join([self._url, *(quote(part, safe="") for part in path)]),
                params=params,
                # Multipart: base64 in an URL-encoded form is a tenth longer and slow to read.
                files={name: (None, text) for name, text in fields.items()} if fields else None,
            )
        )
        size = int(request.headers.get("Content-Length") or 0)
        if size > _ASK_FIRST and size > (limit := self._call("GET", "limits")["body"]):
            raise ExchangeFailure(
                f"this is {size / 1e6:.1f} MB as a request, and the exchange takes {limit / 1e6:.1f} MB: "
                "remove large files from the folder",
                413,
            )
        response = self._send(request)
        try:
            told = response.json()
        except requests.exceptions.JSONDecodeError:
            told = None
        if not isinstance(told, dict):
            raise ExchangeFailure(
                f"what answers at {self._url} (HTTP {response.status_code}) is not the exchange: is "
                "NGSHARE_URL right, and does the hub run the service?",
                response.status_code,
            )
        if not response.ok or not told.get("success"):
            message = told.get("message", f"HTTP {response.status_code}")
            raise ExchangeFailure(f"the exchange refused: {message}", response.status_code)
        return told

    def _send(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer to a request, which is repeated while the service is away."""
        end = time.monotonic() + self._patience
        pause = 0.25
        while True:
            try:
                # A redirection would be to the hub's login page.
                response = self._session.send(request, timeout=_TIMEOUT, allow_redirects=False)
                if response.status_code not in _AWAY:
                    return response
                reason = _said(response)
                status = response.status_code
            except _BROKEN as error:
                reason, status = _cause(error), 0
            if time.monotonic() + pause > end:
                raise ExchangeFailure(
                    f"the exchange at {self._url} does not answer ({reason}); nothing was changed here: try "
                    "again in a minute, and tell the instructor if that does not help",
                    status,
                )
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, 2.0)


def _person() -> dict[str, str]:
    """What ngshare wants to be told about a person; the hub knows people by their name alone."""
    return {"first_name": "", "last_name": "", "email": ""}


def _said(response: requests.Response) -> str:
    """Why the service is away, in its own words where it has any."""
    try:
        return response.json()["message"]
    except (requests.exceptions.JSONDecodeError, KeyError, TypeError):
        return f"HTTP {response.status_code}"


def _cause(error: Exception) -> str:
    """What is at the bottom of a failed connection, in a few words."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return getattr(error, "strerror", None) or type(error).__name__


def _text(moment: datetime) -> str:
    """A moment as ngshare reads it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _moment(text: str) -> datetime:
    """A moment as ngshare writes it."""
    return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)


def _pack(files: Files) -> str:
    """Files as ngshare takes them."""
    entries = [
        {"path": path, "content": base64.b64encode(content).decode()}
        for path, content in sorted(files.items())
    ]
    return json.dumps(entries)


def _unpack(entries: list[dict[str, str]]) -> Files:
    """Files as ngshare gives them: with safe paths, and as long and as they were."""
    files = {}
    for entry in entries:
        path = check_path(entry["path"])
        try:
            content = base64.b64decode(entry["content"])
        except binascii.Error:
            content = b""
        if hashlib.md5(content, usedforsecurity=False).hexdigest() != entry["checksum"]:
            raise ExchangeFailure(f"the exchange has a damaged copy of '{path}': tell the instructor")
        files[path] = content
    return files
