"""Figures of distributions: many numbers per name, drawn as a few quantiles."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from course_lib.plots.style import COLORS, INK, WIDTH


def distributions(
    values: Mapping[str, ArrayLike],
    *,
    xlabel: str = "",
    title: str = "",
    log: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """One row per name, first name on top: median (dot), middle half (thick line), 1 % to 99 % (thin line).

    The arrays may have any shape. ``log`` draws absolute values on a logarithmic axis. What a row cannot show
    is written at its end: the share of zeros with ``log``, and of entries that are ``nan`` or infinite. A row
    without anything to draw keeps its place. Raises ``ValueError`` when nothing is given or an array is empty.
    """
    if not values:
        raise ValueError("distributions needs at least one named array")
    ax = ax or plt.subplots(figsize=(WIDTH, 0.9 + 0.32 * len(values)))[1]
    for row, (name, array) in enumerate(values.items()):
        flat = np.asarray(array, dtype=float).ravel()
        if flat.size == 0:
            raise ValueError(f"{name!r} is empty")
        shown = flat[np.isfinite(flat)]
        notes = {"not finite": 1 - shown.size / flat.size}
        if log:
            notes["zero"] = float(np.sum(shown == 0)) / flat.size
            shown = np.abs(shown[shown != 0])
        if shown.size:
            low, left, middle, right, high = np.quantile(shown, [0.01, 0.25, 0.5, 0.75, 0.99])
            ax.plot([low, high], [row, row], color=COLORS[0], linestyle="-", linewidth=1.2)
            ax.plot([left, right], [row, row], color=COLORS[0], linestyle="-", linewidth=6, alpha=0.55)
            ax.plot([middle], [row], color=INK, linestyle="none", marker="o", markersize=4)
        text = ", ".join(f"{share:.0%} {what}" for what, share in notes.items() if share > 0)
        if text:
            ax.annotate(
                text,
                (1, row),
                xycoords=("axes fraction", "data"),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
            )
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.5, -0.5)
    if log:
        ax.set_xscale("log")
    ax.grid(visible=False, axis="y")
    ax.set(xlabel=xlabel, title=title)
    return ax
