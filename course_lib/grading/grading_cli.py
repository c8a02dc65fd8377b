"""What `course grade` does."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm
from traitlets.config import Config

from course_lib.grading import source
from course_lib.grading.cli import table
from course_lib.grading.engine import bundle as bundles
from course_lib.grading.engine import pool
from course_lib.grading.engine.coordinator import Row, Run, grade_class
from course_lib.grading.engine.coursedir import open_course
from course_lib.grading.engine.grade import grade as grade_one
from course_lib.grading.engine.here import grade_here, missing_for_strict
from course_lib.grading.engine.journal import Journal, writing
from course_lib.grading.engine.model import FAILED, GRADED, REFUSED, STRICT, Bundle, Result, Submission
from course_lib.grading.engine.reading import SubmissionsError, read_submissions, students_in
from course_lib.grading.records import feedback, resemblance, summary
from course_lib.grading.records.connection import parse, shown
from course_lib.grading.records.gradebook import Writer
from course_lib.grading.records.recorder import ClassRecorder, Folders, read_marks
from course_lib.grading.records.resemblance import Example
from course_lib.kernels import sandbox
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.layout import Project

CATALOGUES = "results"
"""Folder below the output folder that keeps the signatures of known mistakes."""


class UsageError(CourseError):
    """The command cannot do what it was asked; the text says what to give it."""


@dataclass(frozen=True)
class Place:
    """An assignment, where its submissions are, and where everything about them goes."""

    bundle: Bundle
    submissions: Path
    out: Path
    db_url: str
    folders: Folders
    examples: Sequence[Example] = ()
    """Known wrong answers, to compare with."""
    course_id: str = ""
    config: Config | None = None


def grade(args: argparse.Namespace) -> int:
    """Grades a class; returns 0 when every submission has a row."""
    place = find_place(args, ("submissions", "out"))
    total = _count(place, args.student)
    if args.mode == STRICT and not args.scheduler:
        _protect()
    started = time.perf_counter()
    rows: list[Row] = []
    with (
        Journal(place.out, place.bundle.assignment) as journal,
        Writer(place.db_url, place.course_id, config=place.config) as gradebook,
    ):
        gradebook.add_assignment(place.bundle)
        recorder = ClassRecorder(place.bundle, gradebook, place.db_url, place.folders)
        todo = read_submissions(place.submissions, place.bundle.assignment, students=args.student)
        graded = grade_class(
            place.bundle,
            todo,
            args.mode,
            _run(place.bundle, args),
            journal,
            recorder,
            regrade=args.regrade,
        )
        rows.extend(_shown(graded, total))
        seconds = time.perf_counter() - started
        page = _summarise(place, journal, args, seconds)
    print(_report(place, rows, seconds, page))
    return 0


def find_place(args: argparse.Namespace, needed: Sequence[str]) -> Place:
    """What the command line names. needed: the options without which there is no place in this course itself.

    Raises UsageError, and what reading the assignment raises.
    """
    if args.db:
        parse(args.db)  # says what is wrong with it
    return _in_course(args) if args.course else _in_project(args, needed)


def _in_course(args: argparse.Namespace) -> Place:
    """An assignment of any nbgrader course folder; what is not said lies where nbgrader keeps it."""
    folder = Path(args.course)
    course = open_course(folder, args.db)
    there = course.directory
    out = Path(args.out) if args.out else course.root
    name = args.assignment
    return Place(
        bundle=_from_course(folder, name, args.db),
        submissions=Path(args.submissions or course.root / there.submitted_directory),
        out=out,
        db_url=course.db_url,
        folders=Folders(out / there.autograded_directory, out / there.feedback_directory),
        course_id=there.course_id,
        config=course.config,
    )


def _from_course(folder: Path, assignment: str, db_url: str | None) -> Bundle:
    """The assignment as the chosen gradebook has it; a new one takes it from the course's own."""
    try:
        return bundles.from_course(folder, assignment, db_url=db_url)
    except CourseError:
        if db_url is None:
            raise
        return bundles.from_course(folder, assignment)


def _in_project(args: argparse.Namespace, needed: Sequence[str]) -> Place:
    """One of this course's own assignments, from its text source."""
    root = Project(Path(args.root).resolve()).root if args.root else Project.find().root
    missing = [f"--{name}" for name in needed if not getattr(args, name)]
    if missing:
        raise UsageError(f"give {' and '.join(missing)}, or --course with a course folder of nbgrader")
    out = Path(args.out)
    (path,) = source.find(root, [args.assignment])
    assignment = source.load(path)
    return Place(
        bundle=bundles.from_assignment(assignment),
        examples=resemblance.examples(assignment),
        submissions=Path(args.submissions or ""),
        out=out,
        db_url=args.db or f"sqlite:///{(out / 'gradebook.db').resolve()}",
        folders=Folders(out / "autograded", out / feedback.FOLDER),
    )


def _protect() -> None:
    """Says what keeps submissions in their sandbox. Raises UsageError where something needed is missing.

    The workers of a cluster answer for their own machines.
    """
    print(*sandbox.protections().lines(), sep="\n", flush=True)
    if lacking := missing_for_strict():
        raise UsageError(
            f"this machine cannot keep submissions in a sandbox: {'; '.join(lacking)}; use --mode compat for "
            "people you trust, or another machine"
        )


def _run(bundle: Bundle, args: argparse.Namespace) -> Run:
    if not args.scheduler:
        # Found out once, here, rather than by every worker.
        local = partial(grade_one, mode=args.mode, level=sandbox.protections().level())
        return lambda submissions: pool.run(bundle, submissions, local, args.jobs)
    try:
        from course_lib.grading.engine import cluster
    except ImportError as error:
        raise UsageError(f"--scheduler needs Dask ({error}): install course-lib[cluster]") from error
    check = missing_for_strict if args.mode == STRICT else cluster.nothing_missing
    remote = partial(grade_here, mode=args.mode)
    return lambda submissions: cluster.run(bundle, submissions, remote, args.scheduler, check=check)


def _count(place: Place, students: Sequence[str]) -> int:
    """How many submissions there are. Raises SubmissionsError for none, or for a student without one."""
    found = students_in(place.submissions, place.bundle.assignment)
    unknown = sorted(set(students) - set(found))
    if unknown:
        raise SubmissionsError(f"{place.submissions}: no submission of {', '.join(unknown)}")
    if not found:
        raise SubmissionsError(
            f"{place.submissions}: no submissions of '{place.bundle.assignment}': they lie in "
            "STUDENT/ASSIGNMENT folders, or are STUDENT.ipynb or STUDENT.zip files"
        )
    return len(students or found)


def _shown(rows: Iterable[Row], total: int) -> Iterator[Row]:
    """The rows, with a progress bar and a line for each problem on the way."""
    with tqdm(total=total, unit="submission", desc="grading", disable=None, smoothing=0.1) as bar:
        for row in rows:
            if row.status != GRADED:
                tqdm.write(f"{row.student}: {row.status}: {row.reason}", file=sys.stderr)
            bar.update()
            yield row


def _summarise(place: Place, journal: Journal, args: argparse.Namespace, seconds: float) -> Path:
    """Writes the teacher's page, of all that has been graded with this version of the assignment."""
    bundle = place.bundle

    def grade_examples(bundle: Bundle, submissions: Iterable[Submission]) -> Iterable[Result]:
        return _run(bundle, args)(submissions)

    with writing(place.out):
        known = resemblance.catalogue(bundle, place.examples, grade_examples, place.out / CATALOGUES)
        page, _ = summary.write(
            bundle,
            (result for result in journal.results() if result.bundle == bundle.id),
            place.out / summary.FOLDER,
            marks=read_marks(place.db_url, bundle.assignment),
            known=known,
            feedback=place.folders.feedback,
            wall=seconds,
        )
    return page


def _report(place: Place, rows: Sequence[Row], seconds: float, page: Path) -> str:
    """What was done, as a table, and where it lies."""
    number = {status: sum(row.status == status for row in rows) for status in (GRADED, REFUSED, FAILED)}
    scores = [row.score for row in rows if row.status == GRADED]
    best = sum(cell.points for n in place.bundle.notebooks for cell in n.cells if cell.is_test)
    fresh = [row for row in rows if not row.kept]
    header = [
        *("submissions", "graded", "refused", "failed", "kept", "mean", "median", "of", "wall", "CPU", "rate")
    ]
    row = [
        str(len(rows)),
        *(str(number[status]) for status in (GRADED, REFUSED, FAILED)),
        str(len(rows) - len(fresh)),
        f"{statistics.mean(scores):.2f}" if scores else "-",
        f"{statistics.median(scores):g}" if scores else "-",
        f"{best:g}",
        f"{seconds:.1f} s",
        f"{sum(row.cpu for row in fresh):.1f} s",
        f"{len(fresh) / seconds:.1f} per s" if fresh else "-",
    ]
    places = [
        ["gradebook", shown(parse(place.db_url))],
        ["notebooks", str(place.folders.autograded)],
        ["feedback", str(place.folders.feedback)],
        ["summary", str(page)],
    ]
    return f"{table([header, row])}\n\n{table(places)}"
