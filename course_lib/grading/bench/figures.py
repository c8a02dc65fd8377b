"""Figures computed from what was measured: rates, shares, ratios, and whether each bar is reached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_lib.grading.bench.engine_runs import EngineRun
from course_lib.grading.bench.measure import Measured
from course_lib.grading.bench.stock_runs import CONFIGURATIONS, StockRun
from course_lib.grading.engine.model import STRICT

STOCK, IMMEDIATE = CONFIGURATIONS


@dataclass(frozen=True)
class Spread:
    """A median with the quartiles around it."""

    median: float
    low: float
    high: float

    def text(self, form: str = ".2f") -> str:
        """The median, and the quartiles in brackets where they say something."""
        low, middle, high = (format(value, form) for value in (self.low, self.median, self.high))
        return middle if low == middle == high else f"{middle} ({low} to {high})"


def spread(values: Sequence[float]) -> Spread:
    """The median and quartiles of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


@dataclass(frozen=True)
class Line:
    """One grader on one corpus. Rates are submissions per second; CPU is in seconds per submission.

    own: the student's and the tests' share of `cpu`. estimated: the rate of the whole class follows from a part
    of it that was graded.
    """

    label: str
    graded: int
    rate: Spread
    seconds: Spread
    cpu: Spread
    own: float
    estimated: bool = False

    @property
    def overhead(self) -> float:
        """CPU seconds per submission that are neither the student's nor the tests' own."""
        return self.cpu.median - self.own

    @property
    def share(self) -> float:
        """The part of all CPU time that is the student's and the tests' own."""
        return self.own / self.cpu.median


def stock(measured: Measured, configuration: str) -> Line:
    """Stock nbgrader on the whole class: its start once, and every submission as long as those it graded."""
    run = next(run for run in measured.stock if run.configuration == configuration)
    return Line(
        label=configuration,
        graded=len(run.seconds),
        rate=spread([measured.size / _stock_wall(run, measured.size)]),
        seconds=spread(run.seconds),
        cpu=spread([run.cpu_once / measured.size + statistics.fmean(run.submission_cpu)]),
        own=own_cpu(measured, len(run.seconds)),
        estimated=len(run.seconds) < measured.size,
    )


def _stock_wall(run: StockRun, size: int) -> float:
    return run.once + size * statistics.fmean(run.seconds)


def own_cpu(measured: Measured, first: int | None = None) -> float:
    """CPU seconds per submission of the students' and the tests' code, as the strict runs measured them.

    first: of how many submissions, in the order in which stock nbgrader grades them (default: all). For stock
    nbgrader, which cannot tell, the same figure is taken.
    """
    return statistics.median(
        statistics.fmean(run.own_cpu[:first]) for run in measured.engine if run.mode == STRICT
    )


def runs(measured: Measured, mode: str, jobs: int) -> list[EngineRun]:
    """The repetitions of one way to run the engine."""
    return [run for run in measured.engine if (run.mode, run.jobs) == (mode, jobs)]


def engine(measured: Measured, mode: str, jobs: int) -> Line:
    """This engine on the whole class, start and end of the command included."""
    chosen = runs(measured, mode, jobs)
    return Line(
        label=f"{mode}, {jobs} worker" + "s" * (jobs > 1),
        graded=measured.size,
        rate=spread([run.size / run.wall for run in chosen]),
        seconds=spread([seconds for run in chosen for seconds in run.seconds]),
        cpu=spread([run.cpu / run.size for run in chosen]),
        own=statistics.median(statistics.fmean(run.own_cpu) for run in chosen),
    )


def lines(measured: Measured) -> list[Line]:
    """Every grader on one corpus: stock nbgrader first."""
    ways = sorted({(run.mode, run.jobs) for run in measured.engine})
    return [
        *(stock(measured, configuration) for configuration in CONFIGURATIONS),
        *(engine(measured, mode, jobs) for mode, jobs in ways),
    ]


def scaling(measured: Measured) -> Spread:
    """How many times faster two workers are than one, repetition by repetition, once the servers are warm."""
    pairs = zip(runs(measured, STRICT, 1), runs(measured, STRICT, 2), strict=True)
    return spread([two.steady_rate / one.steady_rate for one, two in pairs])


@dataclass(frozen=True)
class Bar:
    """A figure that was promised: what it is of, the promise, what was measured, and whether that is enough."""

    figure: str
    promise: str
    measured: str
    met: bool
    beside: str = ""
    """The same figure against nbgrader with immediate shutdown of its kernels."""


def bars(corpora: Mapping[str, Measured]) -> list[Bar]:
    """The bars that can be judged by the corpora that were measured."""
    found = []
    if frameworks := corpora.get("frameworks"):
        ours, theirs = engine(frameworks, STRICT, 2), stock(frameworks, STOCK)
        quick = stock(frameworks, IMMEDIATE)
        times = theirs.overhead / ours.overhead
        found.append(
            Bar(
                "CPU per submission beyond the student's and the tests' own, frameworks",
                "at least 20 times below stock",
                f"{times:.1f} times ({ours.overhead:.3f} s against {theirs.overhead:.2f} s)",
                times >= 20,
                f"{quick.overhead / ours.overhead:.1f} times",
            )
        )
    for name, least in (("frameworks", 15.0), ("numpy", 6.0)):
        if name in corpora:
            found.append(_throughput(name, corpora[name], least))
    if training := corpora.get("training"):
        share = engine(training, STRICT, 2).share
        found.append(
            Bar(
                "share of all CPU that is the student's and the tests' own, training",
                "at least 80 %",
                f"{100 * share:.1f} %",
                share >= 0.8,
                f"{100 * stock(training, IMMEDIATE).share:.1f} % with nbgrader",
            )
        )
    compared = sum(one.compared for one in corpora.values())
    different = sum(len(one.different) for one in corpora.values())
    found.append(
        Bar(
            "grade rows of the compat mode that differ from stock's",
            "0",
            f"{different} of {compared}",
            compared > 0 and different == 0,
        )
    )
    if frameworks:
        late = percentile(frameworks.latency.seconds, 0.95)
        found.append(
            Bar(
                "one submission, already warm: bytes in to JSON out, 95th percentile",
                "under 1 s",
                f"{late:.2f} s (median {statistics.median(frameworks.latency.seconds):.2f} s)",
                late < 1,
            )
        )
    largest = {name: one.memory_mb[0] for name, one in corpora.items() if one.memory_mb}
    if largest:
        told = ", ".join(f"{name} {megabytes:.0f} MB" for name, megabytes in largest.items())
        found.append(
            Bar(
                "private memory of a kernel, the largest seen",
                "under 150 MB",
                told,
                max(largest.values()) < 150,
            )
        )
    if frameworks:
        times_two = scaling(frameworks)
        found.append(
            Bar(
                "one worker to two, frameworks",
                "at least 1.8 times",
                f"{times_two.text()} times",
                times_two.median >= 1.8,
            )
        )
    return found


def _throughput(name: str, measured: Measured, least: float) -> Bar:
    ours, theirs = engine(measured, STRICT, 2).rate, stock(measured, STOCK).rate.median
    quick = stock(measured, IMMEDIATE).rate.median
    ratio = Spread(ours.median / theirs, ours.low / theirs, ours.high / theirs)
    return Bar(
        f"throughput, {name}, {measured.size} submissions, strict, 2 workers",
        f"at least {least:g} times stock",
        f"{ratio.text('.1f')} times",
        ratio.median >= least,
        f"{ours.median / quick:.1f} times",
    )
