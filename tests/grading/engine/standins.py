"""Stand-ins for grading, for the tests of what hands out submissions: workers import them by name."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

from course_lib.grading.engine.model import Bundle, CellResult, NotebookResult, Result, Submission


def bundle() -> Bundle:
    """An assignment without cells."""
    return Bundle("a1", ())


def submission(student: str, **orders: object) -> Submission:
    """A submission that tells `grade` what to do."""
    return Submission(student, {"orders.json": json.dumps(orders).encode()}, "2026-01-02 03:04:05 UTC")


def grade(bundle: Bundle, submission: Submission, mode: str = "strict", log: str = "") -> Result:
    """Does what the submission orders; notes each call as a line of `log`.

    sleep: seconds. meet: a student; wait until that one's grading has begun. fail: raise. die: a signal that
    this worker sends itself, while fewer calls than `times` were made for this student. size: bytes of
    output in the result.
    """
    orders = json.loads(submission.files["orders.json"])
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{submission.student} {os.getpid()}\n")
    time.sleep(orders.get("sleep", 0.0))
    while "meet" in orders and orders["meet"] not in calls(Path(log)):
        time.sleep(0.02)
    if orders.get("fail"):
        raise RuntimeError("a defect\nof the grader")
    if "die" in orders and calls(Path(log)).count(submission.student) <= orders.get("times", 99):
        os.kill(os.getpid(), getattr(signal, orders["die"]))
        time.sleep(60)
    outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * orders.get("size", 0)}]
    return Result(
        student=submission.student,
        assignment=bundle.assignment,
        bundle=bundle.id,
        submission=submission.id,
        mode=mode,
        timestamp=submission.timestamp,
        notebooks=[NotebookResult("n", cells=[CellResult("code", "", "t", 2.0, 1.0, outputs=outputs)])],
        memory_mb=float(os.getpid()),
    )


def calls(log: Path) -> list[str]:
    """The students that were graded, once per call."""
    return [line.split()[0] for line in log.read_text(encoding="utf-8").splitlines()]


def lacking(fit: int = 0) -> list[str]:
    """What a machine that is not fit for strict grading says; the process `fit` is."""
    return [] if os.getpid() == fit else ["no seccomp", "no namespaces"]
