"""What `course feedback` does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from tqdm import tqdm

from course_lib.grading.engine.journal import Journal, writing
from course_lib.grading.engine.model import Bundle, Result
from course_lib.grading.grading_cli import CATALOGUES, find_place
from course_lib.grading.records import feedback as pages
from course_lib.grading.records import marks, resemblance, summary
from course_lib.grading.records.pages import count
from course_lib.notebooks.errors import CourseError


def feedback(args: argparse.Namespace) -> int:
    """Writes the pages and the summary; returns 1 when a result belongs to another version of the assignment."""
    place = find_place(args, ("out",))
    name, folder = place.bundle.assignment, place.folders.feedback
    journal = Journal(place.out, name)
    if not any(journal.results()):
        raise CourseError(
            f"{place.out}: nothing of '{name}' was graded there: run 'course grade {name}' first"
        )
    gradebook = marks.read(place.db_url, name)
    # Within the journal, so that no 'course grade' writes the same pages.
    with journal, writing(place.out):
        found = _Results(place.bundle, journal)
        chosen = [*found] if not args.student else [r for r in found if r.student in args.student]
        if unknown := sorted({*args.student} - {result.student for result in chosen} - {*found.outdated}):
            raise CourseError(f"{place.out}: no result of {', '.join(unknown)}")
        for result in tqdm(chosen, unit="submission", desc="feedback", disable=None, leave=False):
            pages.write(place.bundle, result, folder, gradebook)
        page, _ = summary.write(
            place.bundle,
            _Results(place.bundle, journal),
            place.out / summary.FOLDER,
            marks=gradebook,
            known=resemblance.cached(place.bundle, place.examples, place.out / CATALOGUES) or (),
            feedback=folder,
        )
    outdated = [student for student in found.outdated if not args.student or student in args.student]
    for student in outdated:
        print(
            f"{student}: graded with another version of '{name}': run 'course grade {name}' again",
            file=sys.stderr,
        )
    print(f"feedback for {count(len(chosen), 'student')} in {folder}\nsummary  {page}")
    return 1 if outdated else 0


@dataclass
class _Results:
    """The results of one version of an assignment; `outdated` are the students seen with another one."""

    bundle: Bundle
    journal: Journal
    outdated: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Result]:
        for result in self.journal.results():
            if result.bundle == self.bundle.id:
                yield result
            else:
                self.outdated.append(result.student)
