"""Ratios and verdicts are those of the raw numbers."""

from __future__ import annotations

import pytest

from course_lib.grading.bench import figures
from course_lib.grading.bench.figures import IMMEDIATE, STOCK
from course_lib.grading.engine.model import COMPAT, STRICT

from .made import engine_run, measured

# Of tests/grading/bench/made.py: strict runs with two workers take 5 s, 99 gaps and 1 s.
STRICT_WALLS = [6 + 99 * gap / 2 for gap in (0.5, 0.6, 0.7)]
STOCK_WALL = 2 + 100 * 6
# Two workers that are as slow as one.
SLOW = engine_run(STRICT, 2, 100, 5.0, 0.5, 0.4, 0.25)


def test_quartiles() -> None:
    assert figures.spread([3.0]) == figures.Spread(3.0, 3.0, 3.0)
    assert figures.spread([1.0, 2.0, 3.0, 4.0, 5.0]) == figures.Spread(3.0, 2.0, 4.0)
    assert figures.Spread(2.0, 1.5, 2.5).text() == "2.00 (1.50 to 2.50)"
    assert figures.Spread(2.0, 2.0, 2.0).text() == "2.00"


def test_percentile() -> None:
    values = [float(n) for n in range(1, 101)]
    assert figures.percentile(values, 0.95) == 95
    assert figures.percentile(values[::-1], 0.5) == 50
    assert figures.percentile([7.0], 0.95) == 7
    assert figures.percentile([1.0, 2.0], 0.95) == 2


def test_stock_counts_its_start_once() -> None:
    line = figures.stock(measured(), STOCK)
    assert line.rate.median == pytest.approx(100 / STOCK_WALL)
    assert line.cpu.median == pytest.approx(5.5 + 2 / 100)
    assert line.overhead == pytest.approx(5.5 + 2 / 100 - 0.25)
    assert not line.estimated


def test_a_part_of_the_class_stands_for_the_whole() -> None:
    line = figures.stock(measured(graded=20), STOCK)
    assert (line.graded, line.estimated) == (20, True)
    assert line.rate.median == pytest.approx(100 / STOCK_WALL)


def test_the_engine_counts_the_whole_command() -> None:
    line = figures.engine(measured(), STRICT, 2)
    assert line.rate.median == pytest.approx(100 / STRICT_WALLS[1])
    assert line.cpu.median == pytest.approx(0.5)
    assert line.share == pytest.approx(0.5)


def test_own_time_is_that_of_the_submissions_that_stock_graded() -> None:
    one = measured(size=4, graded=2)
    one.engine = [engine_run(STRICT, jobs, 4, 5, 1, 1, 0) for jobs in (1, 2)]
    for run in one.engine:
        run.own_cpu = [0.1, 0.3, 9.0, 9.0]
    assert figures.own_cpu(one, 2) == pytest.approx(0.2)
    assert figures.stock(one, STOCK).own == pytest.approx(0.2)
    assert figures.engine(one, STRICT, 2).own == pytest.approx(4.6)


def test_scaling_leaves_the_start_out() -> None:
    assert figures.scaling(measured()).median == pytest.approx(2.0)


def test_every_way_has_a_line() -> None:
    labels = [line.label for line in figures.lines(measured())]
    assert labels == [STOCK, IMMEDIATE, "compat, 2 workers", "strict, 1 worker", "strict, 2 workers"]
    assert figures.engine(measured(), COMPAT, 2).graded == 100


def test_bars_are_judged_by_the_raw_numbers() -> None:
    corpora = {name: measured() for name in ("frameworks", "numpy", "training")}
    found = {bar.figure: bar for bar in figures.bars(corpora)}
    ratio = STOCK_WALL / STRICT_WALLS[1]
    throughput = found["throughput, frameworks, 100 submissions, strict, 2 workers"]
    assert throughput.measured.startswith(f"{ratio:.1f} (")
    assert throughput.met == (ratio >= 15)
    assert throughput.beside == f"{(2 + 100 * 4) / STRICT_WALLS[1]:.1f} times"
    share = found["share of all CPU that is the student's and the tests' own, training"]
    assert (share.measured, share.met) == ("50.0 %", False)
    assert found["private memory of a kernel, the largest seen"].met
    assert found["one submission, already warm: bytes in to JSON out, 95th percentile"].met
    assert found["grade rows of the compat mode that differ from stock's"].measured == "0 of 2400"


@pytest.mark.parametrize(
    ("corpus", "figure", "spoil"),
    [
        ("frameworks", "throughput, frameworks", lambda one: setattr(one.engine[1], "wall", 1e4)),
        ("frameworks", "one submission", lambda one: one.latency.seconds.extend([2.0] * 10)),
        ("numpy", "private memory", lambda one: one.memory_mb.insert(0, 151.0)),
        ("training", "grade rows", lambda one: one.different.append("student-001: score 1 is 0")),
        ("frameworks", "CPU per submission", lambda one: [setattr(r, "cpu", 300) for r in one.engine]),
        ("frameworks", "one worker to two", lambda one: one.engine.__setitem__(1, SLOW)),
    ],
)
def test_a_bar_can_be_missed(corpus: str, figure: str, spoil) -> None:
    corpora = {name: measured(size=100) for name in ("frameworks", "numpy", "training")}
    for one in corpora.values():  # a single repetition: strict with 1 and 2 workers, compat
        one.engine = one.engine[:3]
    assert next(bar for bar in figures.bars(corpora) if bar.figure.startswith(figure)).met
    spoil(corpora[corpus])
    assert not next(bar for bar in figures.bars(corpora) if bar.figure.startswith(figure)).met


def test_no_row_compared_is_no_proof() -> None:
    one = measured()
    one.compared = 0
    assert not next(bar for bar in figures.bars({"numpy": one}) if bar.figure.startswith("grade rows")).met


def test_corpora_that_were_not_measured_have_no_bar() -> None:
    named = [bar.figure for bar in figures.bars({"numpy": measured()})]
    assert len(named) == 3
    assert not any("frameworks" in name or "training" in name for name in named)
