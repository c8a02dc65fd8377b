"""The training loop in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from course_lib.data.batching import batches
from course_lib.from_scratch.autodiff import derivative_of
from course_lib.from_scratch.networks import MLP, predict, set_weights, weights

__all__ = ["EarlyStopping", "fit"]

Metrics = Mapping[str, Callable[[np.ndarray, np.ndarray], float]]
History = dict[str, list[float]]


class EarlyStopping:
    """Stops a training when ``val_loss`` has not improved for ``patience`` epochs in a row.

    An epoch improves if its loss is below the best so far by more than ``min_delta``; a loss that is not a
    number never does. With ``restore_best`` the model ends with the weights of its best epoch, stopped or not.
    After the training ``best`` is the lowest loss and ``best_epoch`` its epoch, counted from 0.
    """

    def __init__(self, patience: int, min_delta: float = 0.0, restore_best: bool = True) -> None:
        if patience < 1 or min_delta < 0:
            raise ValueError(f"need patience >= 1 and min_delta >= 0, got {patience} and {min_delta}")
        self.patience, self.min_delta, self.restore_best = patience, min_delta, restore_best
        self.start()

    def start(self) -> None:
        """Forget everything: a new training begins."""
        self.best, self.best_epoch, self.wait = math.inf, 0, 0
        self.best_weights: list[np.ndarray] | None = None

    def update(self, model: MLP, epoch: int, val_loss: float) -> bool:
        """Take note of an epoch's loss; True when the training should stop."""
        improved = val_loss + self.min_delta < self.best
        if self.restore_best and (improved or self.best_weights is None):
            self.best_weights, self.best_epoch = weights(model), epoch
        if improved:
            self.best, self.best_epoch, self.wait = val_loss, epoch, 0
            return False
        self.wait += 1
        return self.wait >= self.patience and epoch > 0

    def restore(self, model: MLP) -> None:
        """Give the model the weights of its best epoch, if they were kept."""
        if self.best_weights is not None:
            set_weights(model, self.best_weights)


def fit(
    model: MLP,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., float],
    optimizer: Any,
    *,
    epochs: int,
    batch_size: int = 32,
    seed: int = 0,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    metrics: Metrics | None = None,
    schedule: Callable[[int], float] | None = None,
    early_stopping: EarlyStopping | None = None,
    first_epoch: int = 0,
    after_epoch: Callable[[int, dict[str, float]], object] | None = None,
    progress: bool = False,
) -> History:
    """Train ``model`` on ``X`` ``(n, d)`` and ``y`` with mini-batches in the order of ``data.batches``.

    ``loss(y_hat, y)`` is a loss of this hall, ``optimizer`` holds ``model.params``. Returns the history:
    ``loss`` is the mean over the epoch's samples, measured before each update; with ``validation=(X, y)``,
    ``val_loss`` after the epoch and ``val_<name>`` for each of ``metrics``, functions ``f(y_hat, y)`` of
    arrays; with ``schedule``, a function from the number of the update (0, 1, ...) to the learning rate,
    ``lr`` is the rate of the epoch's last update.

    ``early_stopping`` watches ``val_loss``, from the first epoch of this call on. ``first_epoch`` is where a
    resumed training goes on: epochs ``first_epoch`` to ``epochs - 1`` are run. ``after_epoch(epoch, values)``
    gets the epoch's entries of the history. ``progress`` shows a bar. Raises ``ValueError`` for metrics
    or early stopping without validation.
    """
    if validation is None and (metrics or early_stopping):
        raise ValueError(
            "metrics and early_stopping are measured on validation data: hand over validation=(X, y)"
        )
    slope = derivative_of(loss)
    history: History = {"loss": []} if validation is None else {"loss": [], "val_loss": []}
    if early_stopping:
        early_stopping.start()
    for epoch in _epochs(first_epoch, epochs, progress):
        total, order = 0.0, batches(len(X), batch_size, seed=seed, epoch=epoch)
        for number, rows in enumerate(order, start=epoch * len(order)):
            if schedule:
                optimizer.lr = schedule(number)
            y_hat = model(X[rows])
            total += float(loss(y_hat, y[rows])) * len(rows)
            optimizer.step(model.backward(slope(y_hat, y[rows])))
        values = {"loss": total / len(X)}
        if validation is not None:
            y_hat = predict(model, validation[0])
            values["val_loss"] = float(loss(y_hat, validation[1]))
            for name, metric in (metrics or {}).items():
                values[f"val_{name}"] = float(metric(y_hat, validation[1]))
        if schedule:
            values["lr"] = float(optimizer.lr)
        for name, value in values.items():
            history.setdefault(name, []).append(value)
        if after_epoch:
            after_epoch(epoch, values)
        if early_stopping and early_stopping.update(model, epoch, values["val_loss"]):
            break
    if early_stopping:
        early_stopping.restore(model)
    return history


def _epochs(first: int, last: int, progress: bool) -> Iterable[int]:
    """The numbers of the epochs, with a bar on the error stream where asked for."""
    if not progress:
        return range(first, last)
    from tqdm import tqdm

    return tqdm(range(first, last), unit="epoch")
