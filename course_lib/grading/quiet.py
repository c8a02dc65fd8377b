"""Keeps warnings of a student's code off stderr while a test runs.

nbgrader gives no points for a test cell that wrote anything to stderr, right or wrong.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO


@contextmanager
def quiet() -> Iterator[None]:
    """Context manager: Python warnings and everything written to stderr, C++ libraries included, go nowhere.

    Exceptions pass through, so a failing assert inside it still fails its test.
    """
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
