"""Figures over a plane: decision boundaries, and loss surfaces with the paths of optimisers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from numpy.typing import ArrayLike

from course_lib.plots.style import CARD, COLORS, INK

MARKERS = ("o", "^", "s", "D", "v", "P", "X")


def decision_boundary(
    predict: Callable[[np.ndarray], np.ndarray],
    X: np.ndarray,
    y: np.ndarray,
    *,
    title: str = "",
    resolution: int = 120,
    ax: Axes | None = None,
) -> Axes:
    """Colour the plane by what a classifier says, with the data on top.

    ``X`` is ``(n, 2)``, ``y`` is ``(n,)`` with labels 0, 1, ... ``predict`` takes points ``(m, 2)`` and
    returns labels ``(m,)``, probabilities of class 1 in [0, 1] as ``(m,)`` or ``(m, 1)`` floats, or scores
    ``(m, k)``, of which the largest wins. Probabilities are shown as shades, and the line is where they cross
    0.5. Raises ``ValueError`` when ``X`` does not have two columns or the output has another shape.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y).ravel().astype(int)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"a decision boundary needs X with two columns, got shape {X.shape}")
    ax = ax or plt.subplots(figsize=(4.6, 4.0))[1]
    margin = 0.08 * (X.max(axis=0) - X.min(axis=0))
    low, high = X.min(axis=0) - margin, X.max(axis=0) + margin
    grid_x, grid_y = (np.linspace(low[i], high[i], resolution) for i in (0, 1))
    plane = np.stack(np.meshgrid(grid_x, grid_y), axis=-1).reshape(-1, 2).astype(np.float32)
    shown, share = _shares(np.asarray(predict(plane)), len(plane))
    colours = _colours(max(int(y.max()) + 1, share.shape[1]))
    tint = (share @ colours[: share.shape[1]]).reshape(resolution, resolution, 3)
    ax.imshow(
        0.65 * np.array(to_rgb(CARD)) + 0.35 * tint,
        origin="lower",
        extent=(low[0], high[0], low[1], high[1]),
        aspect="auto",
        interpolation="nearest",
    )
    shown = shown.reshape(resolution, resolution)
    levels = [0.5] if share.shape[1] == 2 else np.arange(share.shape[1] - 1) + 0.5
    if shown.min() < levels[0] < shown.max() or share.shape[1] > 2:
        ax.contour(grid_x, grid_y, shown, levels=levels, colors=INK, linewidths=1.4)
    for label in np.unique(y):
        members = y == label
        ax.scatter(
            X[members, 0],
            X[members, 1],
            s=18,
            color=colours[label],
            marker=MARKERS[label % len(MARKERS)],
            edgecolors=CARD,
            linewidths=0.5,
            label=f"class {label}",
        )
    ax.grid(visible=False)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), title=title)
    ax.legend(loc="best", frameon=True, facecolor=CARD, framealpha=0.85)
    return ax


def _shares(output: np.ndarray, m: int) -> tuple[np.ndarray, np.ndarray]:
    """The values to draw the line through ``(m,)`` and the share of each class at every point ``(m, k)``."""
    if output.ndim == 2 and output.shape[1] == 1:
        output = output[:, 0]
    if output.shape[:1] != (m,) or output.ndim > 2:
        raise ValueError(
            f"predict must return {m} labels, probabilities or rows of scores, got shape {output.shape}"
        )
    if output.ndim == 1 and np.issubdtype(output.dtype, np.floating):
        if output.min() < 0 or output.max() > 1:
            raise ValueError("predict returned floats outside [0, 1]; return labels or probabilities instead")
        return output, np.column_stack([1 - output, output])
    labels = output.argmax(axis=1) if output.ndim == 2 else output.astype(int)
    classes = output.shape[1] if output.ndim == 2 else max(2, int(labels.max()) + 1)
    return labels.astype(float), np.eye(classes)[labels]


def _colours(k: int) -> np.ndarray:
    return np.array([to_rgb(COLORS[i % len(COLORS)]) for i in range(k)])


def surface(
    f: Callable[[np.ndarray, np.ndarray], np.ndarray],
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    *,
    paths: Mapping[str, ArrayLike] | None = None,
    minimum: tuple[float, float] | None = None,
    xlabel: str = "$w_1$",
    ylabel: str = "$w_2$",
    title: str = "",
    log: bool = False,
    levels: int = 18,
    ax: Axes | None = None,
) -> Axes:
    """Contour lines of ``f(w1, w2)``, with the paths ``(steps, 2)`` that optimisers took over it.

    ``f`` takes and returns arrays. ``log`` spaces the contours evenly in ``log(f - min f)``, for narrow
    valleys. ``minimum`` marks a point with a star. Each path starts at a dot; only the part inside the limits
    is shown. Raises ``ValueError`` when a path does not have two columns.
    """
    ax = ax or plt.subplots(figsize=(5.6, 4.2))[1]
    w1, w2 = np.linspace(*xlim, 100), np.linspace(*ylim, 100)
    height = np.asarray(f(*np.meshgrid(w1, w2)), dtype=float)
    if log:
        height = np.log10(height - height.min() + 1e-3 * np.ptp(height) / levels)
    ax.contour(w1, w2, height, levels=levels, cmap=ListedColormap(_greys()), linewidths=0.9)
    for (name, path), marker in zip((paths or {}).items(), MARKERS * 4, strict=False):
        steps = np.asarray(path, dtype=float)
        if steps.ndim != 2 or steps.shape[1] != 2:
            raise ValueError(f"path {name!r} must have shape (steps, 2), got {steps.shape}")
        ax.plot(*steps.T, label=name, marker=marker, markersize=3, markevery=max(1, len(steps) // 20))
        ax.plot(*steps[0], marker="o", markersize=6, color=INK, linestyle="none")
    if minimum is not None:
        ax.plot(*minimum, marker="*", markersize=13, color=COLORS[4], markeredgecolor=INK, linestyle="none")
    ax.grid(visible=False)
    ax.set(xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel, title=title)
    if paths:
        ax.legend(loc="best", frameon=True, facecolor=CARD, framealpha=0.85)
    return ax


def _greys() -> np.ndarray:
    return np.linspace(0.45, 0.8, 64)[:, None] * np.ones(3)
