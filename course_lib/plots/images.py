"""Figures made of pixels: grids of images, and confusion matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.plots.style import WIDTH


def image_grid(
    images: np.ndarray,
    titles: Sequence[object] | None = None,
    *,
    columns: int = 8,
    cmap: str = "gray_r",
    same_scale: bool = True,
    symmetric: bool = False,
    title: str = "",
) -> Figure:
    """Show images ``(n, h, w)`` or ``(n, h, w, 3)`` (floats in [0, 1]) in rows, ``titles`` above each.

    ``same_scale`` uses one grey scale for all, so that brightness can be compared; without it each image uses
    its own. ``symmetric`` puts 0 in the middle of a diverging scale: blue below, white at 0, red above (for
    weights, gradients and other signed maps). Raises ``ValueError`` for another shape or a wrong number of
    titles.
    """
    images = np.asarray(images, dtype=float)
    if images.ndim not in (3, 4) or len(images) == 0 or (images.ndim == 4 and images.shape[-1] != 3):
        raise ValueError(f"images must have shape (n, h, w) or (n, h, w, 3), got {images.shape}")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(images)} images but {len(titles)} titles")
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    size = min(WIDTH / columns, 1.5)
    figure, axes = plt.subplots(
        rows, columns, figsize=(size * columns, (size + 0.22 * (titles is not None)) * rows), squeeze=False
    )
    for i, ax in enumerate(axes.flat):
        if i >= len(images):
            ax.axis("off")
            continue
        # A thin frame, so that an empty margin of the image can be told from the page.
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color="#AFB8C1", linewidth=0.6)
        low, high = _range(images if same_scale else images[i], symmetric)
        ax.imshow(
            images[i], cmap="RdBu_r" if symmetric else cmap, vmin=low, vmax=high, interpolation="nearest"
        )
        if titles is not None:
            ax.set_title(str(titles[i]), fontsize=9, loc="center", pad=3)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure


def _range(values: np.ndarray, symmetric: bool) -> tuple[float, float]:
    if symmetric:
        reach = float(np.abs(values).max())
        return -reach, reach
    return float(values.min()), float(values.max())


def confusion(
    matrix: np.ndarray, names: Sequence[object] | None = None, *, title: str = "", ax: Axes | None = None
) -> Axes:
    """Show a confusion matrix ``(k, k)``: row = true class, column = predicted class, counts written in.

    The shade is the share of the row. Raises ``ValueError`` when the matrix is not square or ``names`` has
    another length.
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a confusion matrix is square, got shape {matrix.shape}")
    labels = list(range(len(matrix))) if names is None else list(names)
    if len(labels) != len(matrix):
        raise ValueError(f"{len(matrix)} classes but {len(labels)} names")
    ax = ax or plt.subplots(figsize=(1.4 + 0.42 * len(matrix), 1.2 + 0.38 * len(matrix)))[1]
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            tone = "white" if share[row, column] > 0.5 else "black"
            ax.text(column, row, f"{count:g}", ha="center", va="center", color=tone, fontsize=8)
    ax.grid(visible=False)
    ax.set_xticks(range(len(labels)), [str(name) for name in labels])
    ax.set_yticks(range(len(labels)), [str(name) for name in labels])
    ax.set(xlabel="predicted", ylabel="true", title=title)
    return ax
