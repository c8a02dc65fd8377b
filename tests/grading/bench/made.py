"""Measurements made up for the tests of the report: round numbers, so that every ratio is known."""

from __future__ import annotations

from course_lib.grading.bench.engine_runs import EngineRun, Latency
from course_lib.grading.bench.measure import ENGINE, Measured
from course_lib.grading.bench.stock_runs import CONFIGURATIONS, StockRun

MACHINE = {
    "processor": "A processor",
    "cores": 2,
    "memory_gb": 23.5,
    "system": "Linux 6",
    "versions": {"Python": "3.11.7", "nbgrader": "0.9.6"},
}


def stock_run(configuration: str, seconds: float, cpu: float, graded: int) -> StockRun:
    """Two seconds to start, and every submission as long."""
    return StockRun(
        configuration,
        students=[f"student-{n:03d}" for n in range(1, graded + 1)],
        seconds=[seconds] * graded,
        submission_cpu=[cpu] * graded,
        wall=2 + graded * seconds,
        cpu=2 + graded * cpu,
    )


def engine_run(
    mode: str, jobs: int, size: int, start: float, gap: float, cpu: float, own: float
) -> EngineRun:
    """The first result after `start` seconds, another one every `gap` seconds, one second to end."""
    finished = [start + gap * n for n in range(size)]
    return EngineRun(
        mode,
        jobs,
        finished=finished,
        own_cpu=[own] * size,
        seconds=[gap * jobs] * size,
        statuses={"graded": size},
        wall=finished[-1] + 1,
        cpu=cpu * size,
    )


def measured(size: int = 100, graded: int = 100, speed: float = 1.0) -> Measured:
    """Stock: 6 and 4 seconds a submission. Strict: two workers are twice as fast as one.

    speed: by how much the engine is faster than in the figures of the tests.
    """
    stock = [
        stock_run(name, seconds, seconds - 0.5, graded)
        for name, seconds in zip(CONFIGURATIONS, (6.0, 4.0), strict=True)
    ]
    engine = [
        engine_run(
            mode, jobs, size, 5.0, (0.5 + 0.1 * repetition) / jobs / speed, 0.4 + 0.1 * repetition, 0.25
        )
        for repetition in range(3)
        for mode, jobs in ENGINE
    ]
    return Measured(
        size=size,
        stock=stock,
        engine=engine,
        latency=Latency("strict", [n / 100 for n in range(1, 101)]),
        memory_mb=[120.0, 90.0],
        concurrent=4,
        compared=8 * graded,
        different=[],
        machine=MACHINE,
    )
