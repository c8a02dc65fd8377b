"""What `course release` and `course check-graders` do."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from course_lib.grading import leaks, lint, source
from course_lib.grading import release as releases
from course_lib.grading.checks import HEADER, Report, check
from course_lib.grading.engine.model import MODES
from course_lib.grading.source import Assignment, AssignmentError
from course_lib.notebooks.errors import CourseError
from course_lib.notebooks.layout import Project


def read(root: Path, slugs: Sequence[str]) -> list[Assignment]:
    """The assignments, read and checked. Raises AssignmentError with one line per finding."""
    assignments = [source.load(path) for path in source.find(root, list(slugs) or None)]
    found = [line for assignment in assignments for line in lint.lint(assignment)]
    if found:
        raise AssignmentError("\n".join(relative(root, found)))
    return assignments


def release(args: argparse.Namespace) -> int:
    """Writes the student versions, or the sources of an nbgrader course; returns the exit code."""
    root = _root(args)
    assignments = [source.load(path) for path in source.find(root, list(args.assignments) or None)]
    if args.course is None:
        top, what, changed = root, "exercises", releases.write(root, assignments)
    else:
        top, what = Path(args.course), "sources"
        if not top.is_dir():
            raise CourseError(f"--course {top}: no such folder; name that of your nbgrader course")
        changed = releases.write_sources(top, assignments)
    for path in changed:
        print(f"wrote {path.relative_to(top).as_posix()}")
    print(f"{len(changed)} changed of {len(assignments)} {what}")
    return 0


def check_graders(args: argparse.Namespace) -> int:
    """Proves the graders: prints one table, then one line per defect; 1 when there is a defect."""
    root = _root(args)
    assignments = read(root, args.assignments)
    reports, defects = prove(root, assignments, jobs=args.jobs, bar=True)
    print(table([HEADER, *(report.row() for report in reports)]))
    print(*defects, sep="\n", end="\n" if defects else "", file=sys.stderr)
    return 1 if defects else 0


def prove(
    root: Path,
    assignments: Sequence[Assignment],
    *,
    jobs: int,
    runs: int = 2,
    modes: Sequence[str] = MODES,
    bar: bool = False,
) -> tuple[list[Report], list[str]]:
    """Grades every answer and looks for leaks; returns the reports and all defects, one line each."""
    with tqdm(disable=None if bar else True, unit="answer", desc="grading", leave=False) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        reports, texts = check(assignments, jobs=jobs, runs=runs, modes=modes, progress=progress)
    defects = [line for report in reports for line in report.defects]
    for assignment in assignments:
        defects += leaks.in_release(assignment, texts[assignment.slug])
        defects += releases.difference(root, assignment.slug, texts[assignment.slug])
    defects += leaks.in_exercises(root, [path.stem for path in source.find(root)])
    defects += leaks.in_chapters(root, assignments)
    return reports, relative(root, defects)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as text, the columns aligned."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _root(args: argparse.Namespace) -> Path:
    return Project(Path(args.root).resolve()).root if getattr(args, "root", None) else Project.find().root


def relative(root: Path, lines: Sequence[str]) -> list[str]:
    """The lines, with paths as seen from `root`."""
    return [line.replace(f"{root}/", "") for line in lines]
