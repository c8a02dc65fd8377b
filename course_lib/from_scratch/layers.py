"""The layers of a NumPy network: how many numbers they learn, and which shapes come out of them."""

from __future__ import annotations

import numpy as np

from course_lib.from_scratch.networks import MLP

__all__ = ["count", "summary"]

Row = tuple[str, tuple[int, ...], int]


def count(model: MLP) -> int:
    """How many numbers an optimiser changes: the sizes of the parameters, added up."""
    return sum(param.size for param in model.params)


def summary(model: MLP, *inputs: np.ndarray) -> list[Row]:
    """One row per layer in the order of the forward pass: its name, the shape of its output, its parameters.

    ``inputs`` is one array ``(n, d)``. An activation is a layer without parameters.
    """
    (X,) = inputs
    rows: list[Row] = []
    layers = list(zip(model.params[::2], model.params[1::2], strict=True))
    for number, (W, b) in enumerate(layers, start=1):
        rows.append(("dense", (len(X), W.shape[1]), W.size + b.size))
        if number < len(layers):
            rows.append((model.activation, (len(X), W.shape[1]), 0))
    return rows
