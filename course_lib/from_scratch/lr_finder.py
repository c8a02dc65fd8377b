"""The learning-rate range test in NumPy: one short run in which the rate grows until the loss explodes."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator

import numpy as np

from course_lib.data.batching import batches
from course_lib.from_scratch.autodiff import derivative_of
from course_lib.from_scratch.networks import MLP, set_weights, weights

__all__ = ["lr_range_test"]

SMOOTHING = 0.9  # share of the old average in the smoothed loss
EXPLOSION = 4.0  # the run ends when the smoothed loss is this many times its smallest value


def lr_range_test(
    model: MLP,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., float],
    optimizer: object,
    *,
    lr_min: float,
    lr_max: float,
    steps: int,
    batch_size: int = 32,
    seed: int = 0,
) -> dict[str, list[float]]:
    """Train for at most ``steps`` updates; the rate grows from ``lr_min`` to ``lr_max`` by equal factors.

    The result has one entry per update: ``lr``, the batch's ``loss`` before it, and ``smooth``, the average
    of the losses so far with a memory of ten batches. The run ends early when ``smooth`` is four times its
    smallest value or a loss is not finite. Afterwards weights and optimiser are as before.
    Raises ``ValueError`` unless ``0 < lr_min < lr_max`` and ``steps >= 2``. Source: Smith 2017.
    """
    if not 0 < lr_min < lr_max or steps < 2:
        raise ValueError(f"need 0 < lr_min < lr_max and steps >= 2, got {lr_min}, {lr_max} and {steps}")
    slope = derivative_of(loss)
    before = weights(model)
    settings = copy.deepcopy({name: value for name, value in vars(optimizer).items() if name != "params"})
    rates = np.geomspace(lr_min, lr_max, steps)
    curve: dict[str, list[float]] = {"lr": [], "loss": [], "smooth": []}
    try:
        for lr, rows in zip(rates, _rows(len(X), batch_size, seed), strict=False):
            optimizer.lr = float(lr)  # type: ignore[attr-defined]
            with np.errstate(over="ignore", invalid="ignore"):
                y_hat = model(X[rows])
                if not _note(curve, float(lr), float(loss(y_hat, y[rows]))):
                    break
                optimizer.step(model.backward(slope(y_hat, y[rows])))  # type: ignore[attr-defined]
    finally:
        set_weights(model, before)
        vars(optimizer).update(settings)
    return curve


def _rows(n: int, batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """The batches of one epoch after the other, without end."""
    for epoch in itertools.count():
        yield from batches(n, batch_size, seed=seed, epoch=epoch)


def _note(curve: dict[str, list[float]], lr: float, value: float) -> bool:
    """Append a measurement; whether the run may go on."""
    if not np.isfinite(value):
        return False
    keep = SMOOTHING ** len(curve["loss"])  # the weight of a past that is missing
    average = SMOOTHING * (1 - keep) * (curve["smooth"][-1] if curve["smooth"] else 0.0)
    smooth = (average + (1 - SMOOTHING) * value) / (1 - SMOOTHING * keep)
    for key, number in (("lr", lr), ("loss", value), ("smooth", smooth)):
        curve[key].append(number)
    return smooth <= EXPLOSION * min(curve["smooth"])
