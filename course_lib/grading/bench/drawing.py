"""The report's pictures, in the course's own look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.grading.bench import figures
from course_lib.grading.bench.figures import IMMEDIATE, STOCK, Line
from course_lib.grading.bench.measure import Measured
from course_lib.grading.engine.model import STRICT

# Importing the package applies the course's figure style.
from course_lib.plots import COLORS
from course_lib.plots.style import WIDTH

_LOOKS = ((COLORS[0], ""), (COLORS[4], "//"))
"""Colour and hatching of the parts of a bar."""


def draw(corpora: Mapping[str, Measured], folder: Path) -> list[tuple[str, str, str]]:
    """Write the pictures as SVG into `folder`; returns file name, alt text and caption of each."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [
        ("grading-rate.svg", *_rates(corpora)),
        ("grading-cpu.svg", *_cpu(corpora)),
        ("grading-progress.svg", *_progress(corpora)),
    ]
    for name, figure, _, _ in drawn:
        figure.savefig(folder / name, bbox_inches="tight", metadata={"Date": None, "Creator": None})
        plt.close(figure)
    return [(name, alt, caption) for name, _, alt, caption in drawn]


def _panels(corpora: Mapping[str, Measured], height: float) -> tuple[Figure, np.ndarray]:
    figure, axes = plt.subplots(len(corpora), 1, figsize=(WIDTH, height * len(corpora)), squeeze=False)
    return figure, axes[:, 0]


def _bars(
    ax: Axes, lines: Sequence[Line], parts: Mapping[str, Sequence[float]], form: str, title: str
) -> None:
    """One bar per line, made of parts, with its length beside it."""
    labels, ends = [line.label for line in lines], np.zeros(len(lines))
    for (name, values), (color, hatch) in zip(parts.items(), _LOOKS, strict=False):
        ax.barh(labels, values, left=ends, color=color, hatch=hatch, height=0.6, label=name)
        ends = ends + np.asarray(values)
    for row, end in enumerate(ends):
        ax.annotate(
            format(end, form), (end, row), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9
        )
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.grid(visible=False, axis="y")
    ax.set_title(title)


def _rates(corpora: Mapping[str, Measured]) -> tuple[Figure, str, str]:
    figure, axes = _panels(corpora, 2.1)
    told = []
    for ax, (name, measured) in zip(axes, corpora.items(), strict=True):
        lines = figures.lines(measured)
        _bars(ax, lines, {"rate": [60 * line.rate.median for line in lines]}, ".0f", name)
        ours, theirs = figures.engine(measured, STRICT, 2), figures.stock(measured, STOCK)
        told.append(
            f"{name}: {60 * theirs.rate.median:.0f} with stock nbgrader, "
            f"{60 * ours.rate.median:.0f} in strict mode with 2 workers"
        )
    axes[-1].set_xlabel("submissions per minute, whole command")
    return (
        figure,
        f"Submissions graded per minute. {'; '.join(told)}.",
        "Submissions per minute, all included.",
    )


def _cpu(corpora: Mapping[str, Measured]) -> tuple[Figure, str, str]:
    figure, axes = _panels(corpora, 2.1)
    told = []
    for ax, (name, measured) in zip(axes, corpora.items(), strict=True):
        lines = figures.lines(measured)
        parts = {
            "overhead": [line.overhead for line in lines],
            "student's and tests' own": [line.own for line in lines],
        }
        _bars(ax, lines, parts, ".2f", name)
        told.append(
            f"{name}: overhead {figures.stock(measured, STOCK).overhead:.2f} s with stock nbgrader, "
            f"{figures.engine(measured, STRICT, 2).overhead:.2f} s in strict mode with 2 workers"
        )
    axes[-1].set_xlabel("CPU seconds per submission")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    alt = f"CPU seconds per submission, split into overhead and own work. {'; '.join(told)}."
    return (
        figure,
        alt,
        "CPU time per submission: the overhead, and what the students' and the tests' code used.",
    )


def _progress(corpora: Mapping[str, Measured]) -> tuple[Figure, str, str]:
    """The first corpus over time: how a class fills up."""
    name, measured = next(iter(corpora.items()))
    figure, ax = plt.subplots(figsize=(WIDTH, 3.4))
    for configuration in (STOCK, IMMEDIATE):
        run = next(run for run in measured.stock if run.configuration == configuration)
        ends = run.once + np.cumsum(run.seconds)
        ax.plot(ends, np.arange(1, len(ends) + 1), label=configuration)
    last = 0.0
    for jobs in (1, 2):
        # The repetition in the middle.
        chosen = sorted(figures.runs(measured, STRICT, jobs), key=lambda run: run.wall)
        run_ = chosen[len(chosen) // 2]
        ax.plot(run_.finished, np.arange(1, run_.size + 1), label=f"strict, {jobs} worker" + "s" * (jobs > 1))
        last = run_.finished[-1]
    ax.set(xlabel="seconds after the command was started", ylabel="submissions graded", title=name)
    ax.legend()
    theirs = measured.size / figures.stock(measured, STOCK).rate.median
    alt = (
        f"Submissions graded over time, corpus {name}: in strict mode with 2 workers {measured.size} after "
        f"{last:.0f} s; stock nbgrader needs {theirs:.0f} s."
    )
    return figure, alt, f"How a class of {measured.size} fills up."
