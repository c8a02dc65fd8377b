"""Worker processes: what they report, and that nothing that a submission does ends them for others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from course_lib.grading.engine.model import Submission
from course_lib.grading.engine.pool import LOST_TWICE
from course_lib.hub.grading.policy import ALL, VISIBLE
from course_lib.hub.grading.visible import visible_only
from course_lib.hub.grading.workers import Closed, Worker
from course_lib.kernels import sandbox
from tests.grading.engine.conftest import servers
from tests.hub import centring
from tests.hub.grading import made

__all__ = ["servers"]

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def worker(servers: Path) -> Iterator[Worker]:
    made = Worker(sandbox.protections().level())
    yield made
    made.close()


def test_the_visible_tests_alone(worker: Worker) -> None:
    found = worker.grade(visible_only(made.bundle()), made.submission(made.ALMOST), VISIBLE)
    assert (found.failed, found.problem, found.points, found.of) == (False, "", 5.0, 5.0)
    (html,) = found.pages.values()
    assert "Only the visible tests have run" in html
    assert centring.HIDDEN not in html


def test_every_test(worker: Worker) -> None:
    found = worker.grade(made.bundle(), made.submission(made.ALMOST), ALL)
    assert (found.points, found.of) == (2.0, 5.0)
    assert [test["points"] for test in found.tests] == [2.0, 0.0]
    assert "columns of different size" in found.tests[1]["message"]
    (html,) = found.pages.values()
    assert "All automatic tests have run" in html
    assert centring.HIDDEN not in html


def test_hostile_output_stays_text_and_has_a_limit(worker: Worker) -> None:
    code = f"{centring.CENTRED}\nfrom IPython.display import HTML, display\ndisplay(HTML({HOSTILE!r}))"
    code += f"\nprint({HOSTILE!r} * 1_000_000)"
    fails = f"def means(X):\n    raise ValueError({HOSTILE!r} * 1000)"
    found = worker.grade(
        visible_only(made.bundle()), made.submission({"means": fails, "centred": code}), VISIBLE
    )
    assert found.points == 0
    assert len(found.tests[0]["message"]) <= 1000
    (html,) = found.pages.values()
    assert "<script" not in html
    assert len(html) < 500_000


def test_what_is_no_notebook_is_one_line(worker: Worker) -> None:
    found = worker.grade(made.bundle(), Submission("ada", {"task.ipynb": b"\xff"}), VISIBLE)
    assert not found.failed
    assert found.points == 0
    assert "not UTF-8" in found.problem
    assert "\n" not in found.problem


def test_a_killed_worker_is_replaced_and_the_submission_graded_again(worker: Worker) -> None:
    slow = made.RIGHT | {"means": f"import time\ntime.sleep(2)\n{centring.MEANS}"}
    before = worker.process.pid
    killer = threading.Timer(0.7, worker.process.kill)
    killer.start()
    found = worker.grade(visible_only(made.bundle()), made.submission(slow), VISIBLE)
    killer.join()
    assert (found.failed, found.points) == (False, 5.0)
    assert worker.process.pid != before


def test_one_that_takes_too_long_fails_with_one_line_and_the_next_is_graded(worker: Worker) -> None:
    endless = made.RIGHT | {"means": "while True: pass"}
    found = worker.grade(visible_only(made.bundle()), made.submission(endless), VISIBLE, seconds=2)
    assert (found.failed, found.problem, found.pages) == (True, LOST_TWICE, {})
    assert worker.grade(visible_only(made.bundle()), made.submission(made.RIGHT), VISIBLE).points == 5.0


def test_closing_ends_a_grading_at_once(servers: Path) -> None:
    worker = Worker(sandbox.protections().level())
    endless = made.RIGHT | {"means": "while True: pass"}
    closer = threading.Timer(3, worker.close)
    closer.start()
    start = time.monotonic()
    with pytest.raises(Closed):
        worker.grade(visible_only(made.bundle()), made.submission(endless), VISIBLE)
    assert time.monotonic() - start < 20
    closer.join()
