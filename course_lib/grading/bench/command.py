"""What `course bench grading` does."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from course_lib.grading.bench import report
from course_lib.grading.bench.corpora import CORPORA
from course_lib.grading.bench.figures import bars
from course_lib.grading.bench.measure import Settings, measure
from course_lib.grading.cli import table
from course_lib.notebooks.errors import CourseError


def bench(args: argparse.Namespace) -> int:
    """Measures, prints the tables and writes the report; corpora that are not measured now keep their figures."""
    out = Path(args.out)
    found = report.load(out)
    if not args.redraw:
        names = [name for name in CORPORA if name in (args.corpus or CORPORA)]
        settings = Settings(args.size, args.stock, args.repetitions, args.seed, names)
        with tqdm(total=settings.steps(), unit="submission", disable=None) as bar:

            def progress(what: str) -> Callable[[], None]:
                bar.set_description(what)
                return lambda: bar.update() and None

            for name in names:
                found[name] = measure(name, settings, progress)
                # Measuring takes an hour: keep what there is.
                report.save(found, out)
    if not found:
        raise CourseError(f"{out}: no measurement there to draw; run 'course bench grading' without --redraw")
    found = {name: found[name] for name in CORPORA if name in found}
    for name, measured in found.items():
        print(f"{name}: {CORPORA[name]}", table(report.line_rows(measured)), sep="\n", end="\n\n")
    print(table(report.bar_rows(bars(found))))
    for path in report.write(found, out):
        print(f"wrote {path}")
    return 0
