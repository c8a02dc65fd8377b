"""ngshare's handlers, with what a class needs besides.

Each is a subclass of ngshare's own; what ngshare has and this table has not is not served (its debugging pages,
its login by cookie). Different from ngshare: who is not in a course learns nothing of it, not even that it is
there; a release can be replaced or taken back and never takes submissions with it; a repeated request makes no
second submission; there are limits on the number and the size of files; a listing says which files and which
feedback a submission has; and what is acknowledged is on the disk.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from ngshare import ngshare
from ngshare.database import Assignment, Course, File, Submission, User
from sqlalchemy import func
from sqlalchemy.orm import contains_eager, subqueryload
from tornado.web import Application, Finish, HTTPError, RequestHandler

from course_lib.hub.exchange.client import SECRET
from course_lib.hub.exchange.files import Files, check_path
from course_lib.notebooks.errors import CourseError

_FILES = 500  # in one submission
_BLOCK = 4096  # bytes that the smallest file counts for in a person's quota


class Guarded:
    """In front of a handler of ngshare: identity from the hub, answers in JSON, files checked and kept safe."""

    application: Any
    request: Any
    settings: dict[str, Any]
    user: User

    def set_default_headers(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    async def prepare(self) -> None:
        self.db = self.application.db_session()
        person = await self.settings["identity"].of(self.request.headers)
        if person is None:
            self.json_error(403, "the hub does not know this token: restart your server")
        if person["kind"] != "service" and person["name"] in self.application.admin:
            self.json_error(403, "this name is that of a service")
        self.current_user = person
        self.user = User.from_jupyterhub_user(person, self.db)

    def on_finish(self) -> None:
        if hasattr(self, "db"):
            self.db.close()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        message = error.log_message if isinstance(error, HTTPError) else "the exchange made a mistake"
        self.finish(json.dumps({"success": False, "message": message or f"HTTP {status_code}"}))

    def find_course(self, course_id: str) -> Course:
        """The course, for those who are in it and administrators."""
        course = self.db.query(Course).filter(Course.id == course_id).one_or_none()
        if not self.is_admin() and (course is None or course not in [*self.user.teaching, *self.user.taking]):
            self.json_error(403, f"there is no course '{course_id}', or you are not in it")
        if course is None:
            self.json_error(404, f"there is no course '{course_id}'")
        return course

    def find_released(self, course: Course, assignment_id: str) -> Assignment:
        """An assignment that is released: one that has files."""
        assignment = self.find_assignment(course, assignment_id)
        if not assignment.files:
            self.json_error(404, f"'{assignment_id}' is not released")
        return assignment

    def find_student_submission(
        self, assignment: Assignment, student: User, timestamp: str | datetime
    ) -> Submission:
        """ngshare 0.6.0 compares text from a request with a time, which SQLAlchemy refuses."""
        moment = self.strptime(timestamp) if isinstance(timestamp, str) else timestamp
        return super().find_student_submission(assignment, student, moment)  # type: ignore[misc]

    def json_files_unpack(self, json_str: str | None, target: list[File]) -> None:
        """Checks the files of a request, writes them, and adds them to the target."""
        target.extend(self.stored(self.received(json_str)))

    def received(self, text: str | None) -> Files:
        """The files of a request."""
        try:
            entries = json.loads(text or "")
            files = {
                check_path(entry["path"]): base64.b64decode(entry["content"].encode(), validate=False)
                for entry in entries
            }
        except CourseError as error:
            self.json_error(400, str(error))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
            self.json_error(400, "files: a list of objects with path and content (base64) was expected")
        if len(files) != len(entries):
            self.json_error(400, "two files have the same path")
        if len(files) > _FILES:
            self.json_error(400, f"{len(files)} files; {_FILES} are allowed")
        folders = {parent.as_posix() for path in files for parent in Path(path).parents}
        if clash := sorted(folders & set(files)):
            self.json_error(400, f"'{clash[0][:80]}' is a file and a folder")
        return files

    def stored(self, files: Files) -> list[File]:
        """Writes files to the disk, for certain, before the database says that they are there."""
        folder = Path(self.application.storage_path)
        rows = []
        for path, content in files.items():
            name = uuid.uuid4().hex
            with open(folder / name, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            rows.append(File(path, content, name))
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        return rows

    # Of ngshare's classes.
    db: Any
    finish: Any
    find_assignment: Any
    get_query_argument: Any
    get_body_argument: Any
    is_admin: Any
    json_files_pack: Any
    set_header: Any
    strftime: Any
    strptime: Any
    check_course_instructor: Any

    def json_error(self, code: int, msg: str) -> NoReturn:
        """Refuse a request."""
        self.set_status(code)
        raise Finish(json.dumps({"success": False, "message": msg}))

    def json_success(self, **told: Any) -> NoReturn:
        """Answer a request."""
        raise Finish(json.dumps({"success": True, **told}))

    set_status: Any


class AddCourse(Guarded, ngshare.AddCourse):
    """A course."""

    def delete(self, course_id: str) -> NoReturn:
        """ngshare deletes everything that was ever handed in."""
        self.json_error(405, "a course is not deleted: its submissions would go with it")


class ListAssignments(Guarded, ngshare.ListAssignments):
    """The released assignments."""

    def get(self, course_id: str) -> NoReturn:
        """Those that have files; and the paths of these."""
        found = (
            self.db.query(Assignment)
            .filter(Assignment.course == self.find_course(course_id), Assignment.files.any())
            .options(subqueryload(Assignment.files))
            .order_by(Assignment.id)
        )
        files = {one.id: sorted(file.filename for file in one.files) for one in found}
        self.json_success(assignments=list(files), files=files)


class Release(Guarded, ngshare.DownloadReleaseAssignment):
    """A released assignment."""

    def get(self, course_id: str, assignment_id: str) -> NoReturn:
        """Its files."""
        assignment = self.find_released(self.find_course(course_id), assignment_id)
        list_only = self.get_query_argument("list_only", "false") == "true"
        self.json_success(files=self.json_files_pack(assignment.files, list_only))

    def post(self, course_id: str, assignment_id: str) -> NoReturn:
        """Release an assignment that is not released."""
        course = self.find_course(course_id)
        self.check_course_instructor(course)
        if self._find(course, assignment_id).files:
            self.json_error(409, f"'{assignment_id}' is released already")
        self._replace(course, assignment_id, self.received(self.get_body_argument("files", None)))

    def put(self, course_id: str, assignment_id: str) -> NoReturn:
        """Release an assignment, or replace the files of its release."""
        course = self.find_course(course_id)
        self.check_course_instructor(course)
        self._replace(course, assignment_id, self.received(self.get_body_argument("files", None)))

    def delete(self, course_id: str, assignment_id: str) -> NoReturn:
        """Take a release back. ngshare deletes the submissions too; here they stay."""
        course = self.find_course(course_id)
        self.check_course_instructor(course)
        self.find_released(course, assignment_id)
        self._replace(course, assignment_id, {})

    def _find(self, course: Course, assignment_id: str) -> Assignment:
        found = self.db.query(Assignment).filter(Assignment.id == assignment_id, Assignment.course == course)
        return found.one_or_none() or Assignment(assignment_id, course)

    def _replace(self, course: Course, assignment_id: str, files: Files) -> NoReturn:
        assignment = self._find(course, assignment_id)
        self.db.add(assignment)
        old = list(assignment.files)
        assignment.files[:] = self.stored(files)
        for file in old:
            self.db.delete(file)
        names = [file.actual_name for file in old]
        self.db.commit()
        for name in names:
            Path(self.application.storage_path, name).unlink(missing_ok=True)
        self.json_success()


class Submissions(Guarded, ngshare.MyRequestHandler):
    """What was handed in for a course: one request tells a grader, or a student, all of it."""

    def get(self, course_id: str) -> NoReturn:
        """For instructors; with `student`, for that person too. Also: `assignment`, `since`."""
        course = self.find_course(course_id)
        student = self.get_query_argument("student", "")
        if student != self.user.id:
            self.check_course_instructor(course)
        found = self.db.query(Submission).join(Submission.assignment).filter(Assignment.course == course)
        if student:
            found = found.filter(Submission.student_id == student)
        if assignment := self.get_query_argument("assignment", ""):
            found = found.filter(Assignment.id == assignment)
        if since := self.get_query_argument("since", ""):
            found = found.filter(Submission.timestamp > self.strptime(since))
        found = found.order_by(Submission.timestamp).options(
            contains_eager(Submission.assignment),
            subqueryload(Submission.files),
            subqueryload(Submission.feedbacks),
        )
        self.json_success(
            submissions=[
                {
                    "student_id": one.student_id,
                    "assignment_id": one.assignment.id,
                    "timestamp": self.strftime(one.timestamp),
                    "files": self.json_files_pack(one.files, True),
                    "feedback": self.json_files_pack(one.feedbacks, True),
                }
                for one in found
            ]
        )


class Submit(Guarded, ngshare.SubmitAssignment):
    """Handing in."""

    def post(self, course_id: str, assignment_id: str) -> NoReturn:
        """In the name of whom the hub gave the token to, at the time of this machine."""
        course = self.find_course(course_id)
        assignment = self.find_released(course, assignment_id)
        files = self.received(self.get_body_argument("files", None))
        if not files:
            self.json_error(400, "there is no file in this submission")
        mine = self.find_student_submissions(assignment, self.user)
        if SECRET in files:
            secret = hashlib.md5(files[SECRET], usedforsecurity=False).hexdigest()
            same = Submission.files.any((File.filename == SECRET) & (File.checksum == secret))
            # The answer to an earlier request was lost, and its sender tries again.
            if (again := mine.filter(same).first()) is not None:
                self.json_success(timestamp=self.strftime(again.timestamp))
        self._check_quota(files)
        submission = Submission(self.user, assignment)
        self.db.add(submission)
        submission.files.extend(self.stored(files))
        self.db.commit()
        self.json_success(timestamp=self.strftime(submission.timestamp))

    def _check_quota(self, files: Files) -> None:
        count, size = (
            self.db.query(func.count(File._id), func.coalesce(func.sum(File.size), 0))
            .select_from(Submission)
            .join(Submission.files)
            .filter(Submission.student_id == self.user.id)
            .one()
        )
        used = size + _BLOCK * count
        quota = self.settings["quota"]
        if used + sum(map(len, files.values())) + _BLOCK * len(files) > quota:
            self.json_error(
                413,
                f"your submissions have {used / 1e6:.1f} MB of the {quota / 1e6:.1f} MB that you may use: hand in "
                "less, or ask the instructor",
            )

    find_student_submissions: Any


class Limits(Guarded, ngshare.MyRequestHandler):
    """What may be sent, in bytes."""

    def get(self) -> NoReturn:
        """For everybody whom the hub knows."""
        self.json_success(body=self.settings["body"], quota=self.settings["quota"])


class NotFound(RequestHandler):
    """Every other address; ngshare's own page may show its environment."""

    def prepare(self) -> None:
        self.set_status(404)
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"success": False, "message": "there is no such address in the exchange"}))


def _guarded(handler: type) -> type:
    return type(handler.__name__, (Guarded, handler), {"__doc__": handler.__doc__})


SERVED = {
    ngshare.ListCourses: _guarded(ngshare.ListCourses),
    ngshare.AddCourse: AddCourse,
    ngshare.ManageInstructor: _guarded(ngshare.ManageInstructor),
    ngshare.ListInstructors: _guarded(ngshare.ListInstructors),
    ngshare.ManageStudent: _guarded(ngshare.ManageStudent),
    ngshare.ListStudents: _guarded(ngshare.ListStudents),
    ngshare.ListAssignments: ListAssignments,
    ngshare.DownloadReleaseAssignment: Release,
    ngshare.ListSubmissions: _guarded(ngshare.ListSubmissions),
    ngshare.ListStudentSubmissions: _guarded(ngshare.ListStudentSubmissions),
    ngshare.SubmitAssignment: Submit,
    ngshare.DownloadAssignment: _guarded(ngshare.DownloadAssignment),
    ngshare.UploadDownloadFeedback: _guarded(ngshare.UploadDownloadFeedback),
    ngshare.HealthCheckHandler: ngshare.HealthCheckHandler,
    ngshare.NotFoundHandler: NotFound,
}


class _Routes(Application):
    """Takes the addresses from ngshare, and the handlers from the table above."""

    def __init__(self, handlers: list[tuple[str, type]], **settings: Any) -> None:
        served = [(address, SERVED[handler]) for address, handler in handlers if handler in SERVED]
        super().__init__(served, **settings)


class ExchangeApplication(ngshare.MyApplication, _Routes):
    """ngshare with these handlers.

    limits: `body`, the bytes of a request, and `quota`, those of a person's submissions together.
    """

    def __init__(
        self,
        prefix: str,
        db_url: str,
        storage: Path,
        admins: list[str],
        identity: object,
        limits: dict[str, int],
    ) -> None:
        ngshare.MyApplication.__init__(self, prefix, db_url, str(storage), admin=admins, autoreload=False)
        self.settings.update(limits, identity=identity)
        self.add_handlers(".*", [(prefix + "limits", Limits), (prefix + r"submissions/([^/]+)", Submissions)])
