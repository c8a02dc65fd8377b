"""Training in Keras: ``fit`` on the batches the other halls see."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import keras
import numpy as np

from course_lib.data.batching import batches
from course_lib.keras.networks import predict

__all__ = ["EarlyStopping", "fit"]

Metrics = Mapping[str, Callable[[np.ndarray, np.ndarray], float]]
History = dict[str, list[float]]
Batch = tuple[np.ndarray, np.ndarray]
Schedule: TypeAlias = keras.optimizers.schedules.LearningRateSchedule


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Stops a training when ``val_loss`` has not improved for ``patience`` epochs in a row.

    An epoch improves if its loss is below the best so far by more than ``min_delta``; a loss that is not a
    number never does. With ``restore_best`` the model ends with the weights of its best epoch, stopped or not.
    After the training ``best`` is the lowest loss and ``best_epoch`` its epoch, counted from 0.
    """

    def __init__(self, patience: int, min_delta: float = 0.0, restore_best: bool = True) -> None:
        if patience < 1 or min_delta < 0:
            raise ValueError(f"need patience >= 1 and min_delta >= 0, got {patience} and {min_delta}")
        super().__init__("val_loss", min_delta, patience, mode="min", restore_best_weights=restore_best)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget everything: a new training begins."""
        super().on_train_begin(logs)
        # Keras starts with no best value and takes the first loss for an improvement, even if it is not a number.
        self.best = math.inf


def _stream(X: np.ndarray, y: np.ndarray, batch_size: int, seed: int, epoch: int) -> Iterator[Batch]:
    """The batches of this epoch and of all that follow, in the course's order.

    One stream for a whole training: Keras takes a hundredth of a second and more to begin another.
    """
    for number in itertools.count(epoch):
        for rows in batches(len(X), batch_size, seed=seed, epoch=number):
            yield X[rows], y[rows]


class _Recorder(keras.callbacks.Callback):
    """Measures what Keras does not, and keeps the history of all halls."""

    def __init__(
        self,
        validation: tuple[np.ndarray, np.ndarray] | None,
        metrics: Metrics,
        schedule: Schedule | None,
        after_epoch: Callable[[int, dict[str, float]], object] | None,
        bar: Any,
    ) -> None:
        super().__init__()
        self.validation, self.metrics = validation, metrics
        self.schedule, self.after_epoch, self.bar = schedule, after_epoch, bar
        self.entries: History = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        values = {name: float(v) for name, v in (logs or {}).items() if name in ("loss", "val_loss")}
        if self.validation is not None and self.metrics:
            y_hat = predict(self.model, self.validation[0])
            for name, metric in self.metrics.items():
                values[f"val_{name}"] = float(metric(y_hat, self.validation[1]))
        if self.schedule:
            last = self.model.optimizer.iterations - 1
            values["lr"] = float(keras.ops.convert_to_numpy(self.schedule(last)))
        for name, value in values.items():
            self.entries.setdefault(name, []).append(value)
        if self.after_epoch:
            self.after_epoch(epoch, values)
        if self.bar is not None:
            self.bar.update()


def fit(
    model: keras.Model,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., Any],
    optimizer: keras.optimizers.Optimizer,
    *,
    epochs: int,
    batch_size: int = 32,
    seed: int = 0,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    metrics: Metrics | None = None,
    schedule: Schedule | None = None,
    early_stopping: EarlyStopping | None = None,
    first_epoch: int = 0,
    after_epoch: Callable[[int, dict[str, float]], object] | None = None,
    progress: bool = False,
) -> History:
    """Train ``model`` on arrays ``X`` (samples first) and ``y`` with mini-batches in the order of ``data.batches``.

    ``loss(y_hat, y)`` is the mean over a batch. Returns the history:
    ``loss`` is the mean over the epoch's samples, measured before each update; with ``validation=(X, y)``,
    ``val_loss`` after the epoch in inference mode and ``val_<name>`` for each of ``metrics``, functions
    ``f(y_hat, y)`` of arrays; with ``schedule``, a function of the number of the update that the optimizer
    counts (its own rate is replaced), ``lr`` is the rate of the epoch's last update.

    ``early_stopping`` watches ``val_loss``, from the first epoch of this call on. ``first_epoch`` is where a
    resumed training goes on: epochs ``first_epoch`` to ``epochs - 1`` are run. ``after_epoch(epoch, values)``
    gets the epoch's entries of the history. ``progress`` shows a bar. Raises ``ValueError`` for metrics
    or early stopping without validation, and without samples.
    """
    if validation is None and (metrics or early_stopping):
        raise ValueError(
            "metrics and early_stopping are measured on validation data: hand over validation=(X, y)"
        )
    if not len(X):
        raise ValueError("there is nothing to train on: X has no samples")
    if schedule is not None:
        optimizer.learning_rate = schedule
    # Keras hands over the target first.
    model.compile(optimizer=optimizer, loss=lambda y, y_hat: loss(y_hat, y))
    bar = _bar(epochs - first_epoch) if progress else None
    recorder = _Recorder(validation, metrics or {}, schedule, after_epoch, bar)
    model.fit(
        _stream(X, y, batch_size, seed, first_epoch),
        steps_per_epoch=math.ceil(len(X) / batch_size),
        epochs=epochs,
        initial_epoch=first_epoch,
        shuffle=False,
        callbacks=[recorder, *([early_stopping] if early_stopping else [])],
        validation_data=validation,
        validation_batch_size=None if validation is None else len(validation[0]),
        verbose=0,
    )
    if bar is not None:
        bar.close()
    return recorder.entries


def _bar(epochs: int) -> Any:
    """A progress bar on the error stream."""
    from tqdm import tqdm

    return tqdm(total=epochs, unit="epoch")
