"""Times single submissions in an engine that is warm, in a process of its own.

`python -m course_lib.grading.bench.latency COURSE SLUG MODE SIZE` prints a JSON list of seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from course_lib.grading.engine.bundle import from_course
from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import GRADED, Bundle, Submission
from course_lib.grading.engine.reading import read_submissions
from course_lib.kernels.client import stop_servers


def main(arguments: Sequence[str]) -> None:
    """Grade up to SIZE submissions after one that starts the warm server."""
    root, slug, mode, size = Path(arguments[0]), arguments[1], arguments[2], int(arguments[3])
    bundle = from_course(root, slug)
    submissions = list(read_submissions(root / "submitted", slug))
    try:
        _timed(bundle, submissions[0], mode)
        print(json.dumps([_timed(bundle, one, mode) for one in submissions[:size]]))
    finally:
        stop_servers()


def _timed(bundle: Bundle, submission: Submission, mode: str) -> float:
    start = time.perf_counter()
    result = grade(bundle, submission, mode)
    text = json.dumps(result.to_json())
    seconds = time.perf_counter() - start
    if result.status != GRADED or not text:
        raise SystemExit(f"{submission.student} could not be graded: {result.reason}")
    return seconds


if __name__ == "__main__":
    main(sys.argv[1:])
