"""Grading on the machine where this is called, in the best sandbox that it has."""

from __future__ import annotations

from course_lib.grading.engine.grade import grade
from course_lib.grading.engine.model import STRICT, Bundle, Result, Submission
from course_lib.kernels import sandbox


def grade_here(bundle: Bundle, submission: Submission, mode: str = STRICT) -> Result:
    """`grade` at the sandbox level of this machine, which is found out once per process."""
    return grade(bundle, submission, mode, sandbox.protections().level())


def missing_for_strict() -> list[str]:
    """Why strict grading is not possible on this machine, one line each; empty if it is."""
    return sandbox.protections().missing_for_strict()
