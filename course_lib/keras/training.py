"""Training in Keras: ``fit`` on the batches the other halls see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from course_lib.data.batching import batches


class _Batches(keras.utils.PyDataset):
    """The batches of one epoch in the course's order; :meth:`start` moves on to another epoch."""

    def __init__(self, X: np.ndarray, y: np.ndarray, batch_size: int, seed: int) -> None:
        super().__init__()
        self.X, self.y, self.batch_size, self.seed = X, y, batch_size, seed
        self.start(epoch=0)

    def start(self, epoch: int) -> None:
        self.rows = batches(len(self.X), self.batch_size, seed=self.seed, epoch=epoch)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return self.X[self.rows[index]], self.y[self.rows[index]]


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
) -> dict[str, list[float]]:
    """Train ``model`` on arrays ``X`` (samples first) and ``y`` with mini-batches in the order of ``data.batches``.

    ``loss(y_hat, y)`` is the mean over a batch. Returns the history:
    ``loss`` is the mean over the epoch's samples, measured before each update; ``val_loss`` (with
    ``validation=(X, y)``) after the epoch, in inference mode.
    """
    # Keras hands over the target first.
    model.compile(optimizer=optimizer, loss=lambda y, y_hat: loss(y_hat, y))
    dataset = _Batches(X, y, batch_size, seed)
    record = model.fit(
        dataset,
        epochs=epochs,
        shuffle=False,
        # PyDataset.on_epoch_end is called at other moments as well; the callback is not.
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: dataset.start(epoch))],
        validation_data=validation,
        validation_batch_size=None if validation is None else len(validation[0]),
        verbose=0,
    )
    return {
        key: [float(v) for v in record.history[key]] for key in ("loss", "val_loss") if key in record.history
    }
