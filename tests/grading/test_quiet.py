"""`quiet` keeps stderr empty, at every level, and lets errors through."""

import os
import subprocess
import sys
import warnings

import pytest

from course_lib.grading.quiet import quiet


def test_python_and_library_output_on_stderr_is_dropped() -> None:
    code = (
        "import os, sys, warnings\n"
        "from course_lib.grading.quiet import quiet\n"
        "with quiet():\n"
        "    warnings.warn('a'); print('b', file=sys.stderr); os.write(2, b'c')\n"
        "print('kept', file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "kept\n"


def test_errors_pass_through_and_stderr_comes_back() -> None:
    before, descriptor = sys.stderr, os.fstat(2)
    with pytest.raises(AssertionError, match="rows"), quiet():
        raise AssertionError("rows")
    assert sys.stderr is before
    assert os.fstat(2).st_ino == descriptor.st_ino
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)
