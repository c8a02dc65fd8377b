"""`nbgrader list`, and what JupyterLab's list of assignments and formgrader read."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from nbgrader.exchange import abc

from course_lib.hub.exchange.base import Exchange, notebooks, text
from course_lib.hub.exchange.client import ExchangeFailure, Submission
from course_lib.hub.exchange.files import check_name, checksum

Info = dict[str, Any]  # what nbgrader's own list gives, key by key


class ExchangeList(Exchange, abc.ExchangeList):
    """What is released, or what was handed in.

    Handed in (`--inbound`): for an instructor what everybody handed in, for a student their own. `--cached`, which
    is what JupyterLab's list asks for: one's own.
    """

    def copy_files(self) -> None:
        """Ask the service."""
        self.found = self._submitted() if self.inbound or self.cached else self._released()

    def list_files(self) -> list[Info]:
        """List them."""
        self._say("Submitted assignments:" if self.inbound or self.cached else "Released assignments:")
        return self.found

    def remove_files(self) -> list[Info]:
        """Take releases back. Nothing that was handed in is ever removed."""
        if self.inbound or self.cached:
            self.fail("The exchange keeps what was submitted: nothing was removed.")
        self._say("Removing released assignments:")
        for info in self.found:
            self.client.withdraw(info["course_id"], info["assignment_id"])
        return self.found

    def _courses(self) -> list[str]:
        return [self.course] if self.coursedir.course_id else self.client.courses()

    def _released(self) -> list[Info]:
        named = self.coursedir.assignment_id
        return [
            self._release(course, check_name(assignment, "an assignment"), files)
            for course in self._courses()
            for assignment, files in self.client.assignments(course).items()
            if named in ("", "*", assignment)
        ]

    def _release(self, course: str, assignment: str, names: list[str]) -> Info:
        folder = self.home(course, assignment)
        info: Info = {"course_id": course, "assignment_id": assignment, "path": str(folder)}
        if folder.is_dir():
            info["status"] = "fetched"
            names = [path.name for path in folder.glob("*.ipynb")]
        else:
            info["status"] = "released"
        if self.remove:
            info["status"] = "removed"
        info["notebooks"] = [
            {"notebook_id": PurePosixPath(name).stem, "path": str(folder / name)} for name in _top(names)
        ]
        return info

    def _submitted(self) -> list[Info]:
        found = []
        for course in self._courses():
            for submission in self._submissions(course):
                found.append((course, submission))

        def key(one: tuple[str, Submission]) -> tuple[str, str, str]:
            return one[0], one[1].student, one[1].assignment

        # In the order of time within each group: a sort keeps what is in order.
        return [
            {
                "course_id": course,
                "student_id": student,
                "assignment_id": assignment,
                "status": "submitted",
                "submissions": [self._submission(course, one) for _, one in group],
            }
            for (course, student, assignment), group in groupby(sorted(found, key=key), key)
        ]

    def _submissions(self, course: str) -> list[Submission]:
        named = self.coursedir.assignment_id
        wanted = "" if named in ("", "*") else self.assignment
        student = self.student or (self.username if self.cached else "")
        if not student:
            try:
                return self.client.submissions(course, wanted)
            except ExchangeFailure as error:
                if error.status != 403:
                    raise
                student = self.username  # not an instructor
        return self.client.submissions(course, wanted, student)

    def _submission(self, course: str, submission: Submission) -> Info:
        home = self.home(course, submission.assignment)
        moment = text(submission.moment)
        copy = self.copy_of(course, submission)
        local = home / "feedback" / moment
        listed = []
        for name in _top(submission.files):
            page = f"{PurePosixPath(name).stem}.html"
            here = checksum(local / page)
            there = submission.feedback.get(page)
            listed.append(
                {
                    "notebook_id": PurePosixPath(name).stem,
                    "path": str(copy / name),
                    "has_local_feedback": here is not None,
                    "has_exchange_feedback": there is not None,
                    "local_feedback_path": str(local / page) if here else None,
                    "feedback_updated": bool(here and there and here != there),
                }
            )
        has_local = bool(listed) and all(one["has_local_feedback"] for one in listed)
        return {
            "course_id": course,
            "student_id": submission.student,
            "assignment_id": submission.assignment,
            "timestamp": moment,
            "status": "submitted",
            "path": str(copy),
            "notebooks": listed,
            "has_local_feedback": has_local,
            "has_exchange_feedback": bool(listed) and all(one["has_exchange_feedback"] for one in listed),
            "feedback_updated": any(one["feedback_updated"] for one in listed),
            "local_feedback_path": str(local) if has_local else None,
        }

    def _say(self, title: str) -> None:
        self.log.info(title)
        for info in self.found:
            for one in info.get("submissions", [info]):
                self.log.info(_line(one))


def _line(info: Info) -> str:
    """One line of the list, in nbgrader's words."""
    if info["status"] != "submitted":
        fetched = " (already downloaded)" if info["status"] == "fetched" else ""
        return f"{info['course_id']} {info['assignment_id']}{fetched}"
    line = "{course_id} {student_id} {assignment_id} {timestamp}".format(**info)
    if info["has_local_feedback"] and not info["feedback_updated"]:
        return f"{line} (feedback already fetched)"
    if info["has_exchange_feedback"]:
        return f"{line} (feedback ready to be fetched)"
    return f"{line} (no feedback available)"


def _top(paths: Iterable[str]) -> list[str]:
    """The notebooks in the folder itself."""
    return [path for path in notebooks(paths) if "/" not in path]
