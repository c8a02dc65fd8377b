"""The learning-rate range test in Keras: one short run in which the rate grows until the loss explodes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from course_lib.data.batching import batches

__all__ = ["lr_range_test"]

SMOOTHING = 0.9  # share of the old average in the smoothed loss
EXPLOSION = 4.0  # the run ends when the smoothed loss is this many times its smallest value


class _Around(keras.Model):
    """The same model, compiled apart: the user's own ``compile`` stays as it is."""

    def __init__(self, model: keras.Model) -> None:
        super().__init__(name="range_test")
        self.model = model

    def call(self, X: Any, training: bool | None = None) -> Any:
        return self.model(X, training=training)


def lr_range_test(
    model: keras.Model,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., Any],
    optimizer: keras.optimizers.Optimizer,
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
    smallest value or a loss is not finite. Afterwards weights, optimiser and random numbers are as before.
    Raises ``ValueError`` unless ``0 < lr_min < lr_max`` and ``steps >= 2``; the rate of the optimiser must be
    a number, not a schedule. Source: Smith 2017.
    """
    if not 0 < lr_min < lr_max or steps < 2:
        raise ValueError(f"need 0 < lr_min < lr_max and steps >= 2, got {lr_min}, {lr_max} and {steps}")
    if not model.built:
        model(keras.ops.convert_to_tensor(X[:1]))
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    variables = [*model.variables, *optimizer.variables]
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in variables]
    rates = np.geomspace(lr_min, lr_max, steps)
    curve: dict[str, list[float]] = {"lr": [], "loss": [], "smooth": []}
    trial = _Around(model)
    # Keras hands over the target first.
    trial.compile(optimizer=optimizer, loss=lambda y, y_hat: loss(y_hat, y))
    try:
        for lr, rows in zip(rates, _rows(len(X), batch_size, seed), strict=False):
            optimizer.learning_rate = float(lr)
            if not _note(curve, float(lr), float(trial.train_on_batch(X[rows], y[rows]))):
                break
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)
    return curve


def _rows(n: int, batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """The batches of one epoch after the other, without end."""
    for epoch in itertools.count():
        yield from batches(n, batch_size, seed=seed, epoch=epoch)


def _note(curve: dict[str, list[float]], lr: float, value: float) -> bool:
    """Append a measurement; whether the run may go on."""
    if not math.isfinite(value):
        return False
    keep = SMOOTHING ** len(curve["loss"])  # the weight of a past that is missing
    average = SMOOTHING * (1 - keep) * (curve["smooth"][-1] if curve["smooth"] else 0.0)
    smooth = (average + (1 - SMOOTHING) * value) / (1 - SMOOTHING * keep)
    for key, number in (("lr", lr), ("loss", value), ("smooth", smooth)):
        curve[key].append(number)
    return smooth <= EXPLOSION * min(curve["smooth"])
