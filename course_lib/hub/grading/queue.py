"""What is to be graded and what came of it, in an SQLite file that survives the end of the service at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, String, UniqueConstraint, create_engine, event, func, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, defer, mapped_column

from course_lib.hub.grading import policy

WAITING, GRADING, DONE, FAILED, SUPERSEDED = "waiting", "grading", "done", "failed", "superseded"
"""States of a job. Superseded: a later submission, or a later grading of this one, came before its turn."""

OPEN = (WAITING, GRADING)


class _Base(DeclarativeBase):
    pass


class Job(_Base):
    """One grading of one submission. Times are seconds since the epoch; 0 for never.

    moment: when the exchange received it, ISO 8601 in UTC. scope: see `policy`. reason: one line where it
    failed, or why it is put off. points, of: what the tests gave, and their points in all. tests, pages: see
    `report.Report`.
    """

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("student", "assignment", "moment", "scope"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    student: Mapped[str] = mapped_column(String, index=True)
    assignment: Mapped[str] = mapped_column(String)
    moment: Mapped[str] = mapped_column(String)
    scope: Mapped[str] = mapped_column(String)
    state: Mapped[str] = mapped_column(String, index=True)
    reason: Mapped[str] = mapped_column(String, default="")
    added: Mapped[float]
    begun: Mapped[float] = mapped_column(default=0.0)
    ended: Mapped[float] = mapped_column(default=0.0)
    not_before: Mapped[float] = mapped_column(default=0.0)
    points: Mapped[float] = mapped_column(default=0.0)
    of: Mapped[float] = mapped_column(default=0.0)
    tests: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    pages: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)

    @property
    def received(self) -> datetime:
        """When the exchange received the submission."""
        return datetime.fromisoformat(self.moment)


@dataclass(frozen=True)
class Arrival:
    """A submission that is in the exchange, and what may be graded of it now."""

    student: str
    assignment: str
    moment: datetime
    scope: str

    @property
    def text(self) -> str:
        """The moment as the queue keeps it: these texts sort as the moments do."""
        return self.moment.astimezone(UTC).isoformat(timespec="microseconds")


class Queue:
    """The jobs of a service; one process may have it. Its methods may be called from any thread."""

    def __init__(
        self, file: Path, hourly: int = policy.HOURLY, clock: Callable[[], float] = time.time
    ) -> None:
        self.hourly = hourly
        self._clock = clock
        self._lock = threading.Lock()
        self._engine = create_engine(f"sqlite:///{file}")
        event.listen(self._engine, "connect", _set_up)
        _Base.metadata.create_all(self._engine)
        with self._lock, Session(self._engine) as session, session.begin():
            # What was being graded when the service ended is graded again.
            session.execute(update(Job).where(Job.state == GRADING).values(state=WAITING, begun=0.0))

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()

    def add(self, arrivals: Iterable[Arrival]) -> int:
        """Note submissions, known ones among them; how many gradings that asks for.

        Of each student and assignment the latest submission alone is graded. A known one is graded again when
        its scope has changed.
        """
        added = 0
        with self._lock, Session(self._engine) as session, session.begin():
            known = {
                tuple(row)
                for row in session.execute(select(Job.student, Job.assignment, Job.moment, Job.scope))
            }
            for arrival in sorted(arrivals, key=lambda one: one.text):
                if (arrival.student, arrival.assignment, arrival.text, arrival.scope) not in known:
                    added += self._add(session, arrival)
        return added

    def _add(self, session: Session, new: Arrival) -> bool:
        mine = (Job.student == new.student, Job.assignment == new.assignment)
        known = session.scalars(select(Job.moment).where(*mine)).all()
        late = any(moment > new.text for moment in known)
        if late and new.text in known:
            return False
        if not late:
            waiting = update(Job).where(*mine, Job.state == WAITING)
            session.execute(waiting.values(state=SUPERSEDED, reason=""))
        session.add(
            Job(
                student=new.student,
                assignment=new.assignment,
                moment=new.text,
                scope=new.scope,
                state=SUPERSEDED if late else WAITING,
                added=self._clock(),
            )
        )
        session.flush()
        return not late

    def take(self) -> Job | None:
        """The next job, which is now being graded; None when there is none whose time has come.

        One job of a student at a time: nobody can keep all workers busy.
        """
        with self._lock, Session(self._engine, expire_on_commit=False) as session, session.begin():
            busy = set(session.scalars(select(Job.student).where(Job.state == GRADING)))
            waiting = session.scalars(select(Job).where(Job.state == WAITING).order_by(Job.id))
            for job in waiting:
                if job.student not in busy and self._free_at(session, job) <= self._clock():
                    job.state, job.begun, job.reason = GRADING, self._clock(), ""
                    return job
        return None

    def finish(self, job: Job, state: str, **found: Any) -> None:
        """Keep what a grading gave: `DONE` or `FAILED`, with the columns of a job that it sets."""
        self._set(job, state=state, ended=self._clock(), **found)

    def put_off(self, job: Job, seconds: float, reason: str) -> None:
        """Try a job again after a while; it keeps its place. reason: one line for the instructor."""
        self._set(job, state=WAITING, begun=0.0, not_before=self._clock() + seconds, reason=reason)

    def _set(self, job: Job, **values: Any) -> None:
        with self._lock, Session(self._engine) as session, session.begin():
            newer = select(func.count()).where(
                Job.student == job.student, Job.assignment == job.assignment, Job.id > job.id
            )
            if values["state"] == WAITING and session.scalar(newer):
                values["state"] = SUPERSEDED
            session.execute(update(Job).where(Job.id == job.id).values(**values))

    def jobs(self, student: str | None = None) -> Sequence[Job]:
        """All jobs, or one student's, the latest submission first; without their pages."""
        wanted = select(Job).options(defer(Job.pages, raiseload=True))
        if student is not None:
            wanted = wanted.where(Job.student == student)
        with Session(self._engine) as session:
            return session.scalars(wanted.order_by(Job.moment.desc(), Job.id.desc())).all()

    def job(self, number: int) -> Job | None:
        """One job with its pages."""
        with Session(self._engine) as session:
            return session.get(Job, number)

    def places(self) -> dict[int, tuple[int, float]]:
        """Of each waiting job, by its number: its place in the queue, from 1 on, and when it may begin."""
        with Session(self._engine) as session:
            waiting = session.scalars(
                select(Job)
                .options(defer(Job.pages), defer(Job.tests))
                .where(Job.state == WAITING)
                .order_by(Job.id)
            ).all()
            return {job.id: (place, self._free_at(session, job)) for place, job in enumerate(waiting, 1)}

    def _free_at(self, session: Session, job: Job) -> float:
        begun = session.scalars(
            select(Job.begun).where(
                Job.student == job.student,
                Job.assignment == job.assignment,
                # The due date asks for the last grading, not the student: those before it do not count.
                Job.scope == job.scope,
                Job.begun > self._clock() - policy.HOUR,
            )
        )
        return max(job.not_before, policy.free_at(list(begun), self.hourly))


def _set_up(connection: Any, _: Any) -> None:
    """What is committed is on the disk, and readers do not wait for the writer."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
