"""Figures made of lines and bars: training curves, functions with derivatives, comparisons."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import ArrayLike

from course_lib.plots.style import COLORS, DASHES, INK, WIDTH

MAX_POINTS = 400
Function = Callable[[np.ndarray], np.ndarray]


class _PlainLogFormatter(LogFormatter):
    """Labels the ticks Matplotlib would label, with all their digits: 0.14 and 0.16, not twice 1e-01."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def curves(
    series: Mapping[str, ArrayLike],
    x: ArrayLike | None = None,
    *,
    xlabel: str = "epoch",
    ylabel: str = "loss",
    title: str = "",
    log: str = "",
    limit: tuple[float, str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw named curves over shared ``x`` (default 1, 2, 3, ...).

    A value of ``series`` is one run ``(points,)`` or several ``(runs, points)``; several are drawn as their
    mean with a band of one standard deviation. ``log`` names the logarithmic axes: ``""``, ``"x"``, ``"y"``
    or ``"xy"``. ``limit=(value, label)`` draws the best (or worst) value possible as a grey line. Runs of
    more than 400 points are thinned evenly. Raises ``ValueError`` when nothing is given or a length does not
    match ``x``.
    """
    if not series:
        raise ValueError("curves needs at least one named series")
    ax = ax or plt.subplots()[1]
    for name, values in series.items():
        runs = np.atleast_2d(np.asarray(values, dtype=float))
        steps = np.arange(1, runs.shape[1] + 1) if x is None else np.asarray(x, dtype=float)
        if steps.shape != (runs.shape[1],):
            raise ValueError(f"series {name!r} has {runs.shape[1]} points but x has shape {steps.shape}")
        keep = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MAX_POINTS)).round().astype(int))
        mean, spread = runs.mean(axis=0)[keep], runs.std(axis=0)[keep]
        marker = "o" if len(keep) <= 8 else None
        (line,) = ax.plot(steps[keep], mean, label=name, marker=marker, markersize=4)
        if len(runs) > 1:
            ax.fill_between(
                steps[keep], mean - spread, mean + spread, color=line.get_color(), alpha=0.2, linewidth=0
            )
    if limit is not None:
        ax.axhline(limit[0], color="#6E7781", linestyle=(0, (1, 2)), linewidth=1.5, label=limit[1])
    if "x" in log:
        ax.set_xscale("log")
        if len(keep) <= 8:
            ax.set_xticks(steps, [f"{step:g}" for step in steps])
            ax.set_xticks([], minor=True)
    if "y" in log:
        ax.set_yscale("log")
        for formatter in (ax.yaxis.set_major_formatter, ax.yaxis.set_minor_formatter):
            formatter(_PlainLogFormatter(minor_thresholds=(1.5, 0.5)))
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.legend()
    return ax


def functions(
    items: Mapping[str, Function],
    x: ArrayLike | None = None,
    *,
    derivatives: Mapping[str, Function] | None = None,
    together: bool = False,
    columns: int = 3,
) -> Figure:
    """Draw functions of one variable, one small panel each, with the derivative of the same name dashed.

    ``x`` is an increasing array (default 201 points from -4 to 4). With ``together`` all functions share a
    panel and all derivatives a second one, to compare them. Raises ``ValueError`` when nothing is given or a
    derivative has no function.
    """
    derivatives = derivatives or {}
    if not items:
        raise ValueError("functions needs at least one named function")
    if unknown := set(derivatives) - set(items):
        raise ValueError(f"derivatives without a function: {', '.join(sorted(unknown))}")
    points = np.linspace(-4, 4, 201) if x is None else np.asarray(x, dtype=float)
    if together:
        return _functions_together(items, derivatives, points)
    columns = min(columns, len(items))
    rows = math.ceil(len(items) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, 0.4 + 1.75 * rows), sharex=True, squeeze=False)
    for ax, (name, f) in zip(axes.flat, items.items(), strict=False):
        ax.plot(points, f(points), color=COLORS[0], linestyle="-")
        if name in derivatives:
            ax.plot(points, derivatives[name](points), color=COLORS[1], linestyle="--")
        ax.axhline(0, color=INK, linewidth=0.6)
        ax.set_title(name)
    for ax in axes.flat[len(items) :]:
        ax.set_visible(False)
    if derivatives:
        figure.legend(axes.flat[0].lines[:2], ["function", "derivative"], loc="outside lower center", ncols=2)
    return figure


def _functions_together(
    items: Mapping[str, Function], derivatives: Mapping[str, Function], points: np.ndarray
) -> Figure:
    panels = [("function", items), ("derivative", derivatives)][: 2 if derivatives else 1]
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.2), squeeze=False)
    for ax, (title, group) in zip(axes.flat, panels, strict=True):
        for look, name in enumerate(items):
            if name in group:
                ax.plot(points, group[name](points), color=COLORS[look % 7], linestyle=DASHES[look % 7])
        ax.axhline(0, color=INK, linewidth=0.6)
        ax.set_title(title)
    handles = axes.flat[0].lines[: len(items)]
    figure.legend(handles, list(items), loc="outside lower center", ncols=min(4, len(items)))
    return figure


def bars(
    values: Mapping[str, ArrayLike],
    *,
    xlabel: str = "",
    title: str = "",
    limit: tuple[float, str] | None = None,
    form: str = ".3g",
    ax: Axes | None = None,
) -> Axes:
    """Draw one horizontal bar per name, first name on top, with its number written beside it.

    A value may be several runs ``(runs,)``: the bar is their mean and a thin line reaches from the smallest
    to the largest. ``limit=(value, label)`` draws a baseline or the best possible value. ``form`` formats the
    numbers. Raises ``ValueError`` when nothing is given.
    """
    if not values:
        raise ValueError("bars needs at least one named value")
    ax = ax or plt.subplots(figsize=(WIDTH, 0.9 + 0.42 * len(values)))[1]
    runs: Sequence[np.ndarray] = [np.atleast_1d(np.asarray(v, dtype=float)) for v in values.values()]
    means = np.array([r.mean() for r in runs])
    reach = np.array([[m - r.min(), r.max() - m] for m, r in zip(means, runs, strict=True)]).T
    error = reach if any(len(r) > 1 for r in runs) else None
    ax.barh(list(values), means, xerr=error, color=COLORS[0], height=0.6, ecolor=INK, capsize=3)
    for row, (mean, run) in enumerate(zip(means, runs, strict=True)):
        ax.annotate(
            format(mean, form),
            (max(mean, run.max(), 0), row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    if limit is not None:
        ax.axvline(limit[0], color=COLORS[1], linestyle="--", linewidth=1.5, label=limit[1])
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.grid(visible=False, axis="y")
    ax.set(xlabel=xlabel, title=title)
    return ax
