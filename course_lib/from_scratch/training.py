"""The training loop in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_lib.data.batching import batches
from course_lib.from_scratch.autodiff import derivative_of
from course_lib.from_scratch.networks import MLP, predict


def fit(
    model: MLP,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., float],
    optimizer: object,
    *,
    epochs: int,
    batch_size: int = 32,
    seed: int = 0,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
) -> dict[str, list[float]]:
    """Train ``model`` on ``X`` ``(n, d)`` and ``y`` with mini-batches in the order of ``data.batches``.

    ``loss(y_hat, y)`` is a loss of this hall, ``optimizer`` holds ``model.params``. Returns the history:
    ``loss`` is the mean over the epoch's samples, measured before each update; ``val_loss`` (with
    ``validation=(X, y)``) after the epoch.
    """
    slope = derivative_of(loss)
    history: dict[str, list[float]] = {"loss": []}
    if validation:
        history["val_loss"] = []
    for epoch in range(epochs):
        total = 0.0
        for rows in batches(len(X), batch_size, seed=seed, epoch=epoch):
            y_hat = model(X[rows])
            total += float(loss(y_hat, y[rows])) * len(rows)
            optimizer.step(model.backward(slope(y_hat, y[rows])))  # type: ignore[attr-defined]
        history["loss"].append(total / len(X))
        if validation:
            history["val_loss"].append(float(loss(predict(model, validation[0]), validation[1])))
    return history
