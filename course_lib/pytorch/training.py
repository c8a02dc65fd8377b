"""The training loop in PyTorch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from course_lib.data.batching import batches

__all__ = ["EarlyStopping", "fit"]

Metrics = Mapping[str, Callable[[np.ndarray, np.ndarray], float]]
History = dict[str, list[float]]
Schedule = Callable[[torch.optim.Optimizer], LRScheduler] | LRScheduler


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
        self.best_weights: dict[str, Any] | None = None

    def update(self, model: nn.Module, epoch: int, val_loss: float) -> bool:
        """Take note of an epoch's loss; True when the training should stop."""
        improved = val_loss + self.min_delta < self.best
        if self.restore_best and (improved or self.best_weights is None):
            # A copy: state_dict() hands out the tensors that the next update changes.
            self.best_weights, self.best_epoch = copy.deepcopy(model.state_dict()), epoch
        if improved:
            self.best, self.best_epoch, self.wait = val_loss, epoch, 0
            return False
        self.wait += 1
        return self.wait >= self.patience and epoch > 0

    def restore(self, model: nn.Module) -> None:
        """Give the model the weights of its best epoch, if they were kept."""
        if self.best_weights is not None:
            model.load_state_dict(self.best_weights)


def fit(
    model: nn.Module,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., torch.Tensor],
    optimizer: torch.optim.Optimizer,
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
    ``val_loss`` after the epoch in evaluation mode and ``val_<name>`` for each of ``metrics``, functions
    ``f(y_hat, y)`` of arrays; with ``schedule``, a function that makes a scheduler for the optimizer (or the
    scheduler itself) which takes a step after every update, ``lr`` is the rate of the epoch's last update.

    ``early_stopping`` watches ``val_loss``, from the first epoch of this call on. ``first_epoch`` is where a
    resumed training goes on: epochs ``first_epoch`` to ``epochs - 1`` are run. ``after_epoch(epoch, values)``
    gets the epoch's entries of the history. ``progress`` shows a bar. Raises ``ValueError`` for metrics
    or early stopping without validation, and for a resumed training with a new scheduler.
    """
    if validation is None and (metrics or early_stopping):
        raise ValueError(
            "metrics and early_stopping are measured on validation data: hand over validation=(X, y)"
        )
    if schedule is None or isinstance(schedule, LRScheduler):
        scheduler = schedule
    elif first_epoch:
        raise ValueError(
            "a resumed training needs the scheduler it began with: schedule=the restored scheduler"
        )
    else:
        scheduler = schedule(optimizer)
    device = next(model.parameters()).device
    X_all, y_all = torch.as_tensor(X, device=device), torch.as_tensor(y, device=device)
    history: History = {"loss": []} if validation is None else {"loss": [], "val_loss": []}
    if early_stopping:
        early_stopping.start()
    for epoch in _epochs(first_epoch, epochs, progress):
        model.train()
        total = 0.0
        for rows in batches(len(X), batch_size, seed=seed, epoch=epoch):
            optimizer.zero_grad()
            value = loss(model(X_all[rows]), y_all[rows])
            value.backward()
            optimizer.step()
            total += value.item() * len(rows)
            if scheduler is not None:
                rate = float(optimizer.param_groups[0]["lr"])
                scheduler.step()
        values = {"loss": total / len(X)}
        if validation is not None:
            values |= _validate(model, loss, validation, metrics or {}, device)
        if scheduler is not None:
            values["lr"] = rate
        for name, entry in values.items():
            history.setdefault(name, []).append(entry)
        if after_epoch:
            after_epoch(epoch, values)
        if early_stopping and early_stopping.update(model, epoch, values["val_loss"]):
            break
    if early_stopping:
        early_stopping.restore(model)
    return history


def _validate(
    model: nn.Module,
    loss: Callable[..., torch.Tensor],
    validation: tuple[np.ndarray, np.ndarray],
    metrics: Metrics,
    device: torch.device,
) -> dict[str, float]:
    """Loss and metrics on held-out data, in evaluation mode and without gradients."""
    model.eval()
    with torch.no_grad():
        y_hat = model(torch.as_tensor(validation[0], device=device))
        values = {"val_loss": loss(y_hat, torch.as_tensor(validation[1], device=device)).item()}
    scores = y_hat.cpu().numpy()
    for name, metric in metrics.items():
        values[f"val_{name}"] = float(metric(scores, validation[1]))
    return values


def _epochs(first: int, last: int, progress: bool) -> Iterable[int]:
    """The numbers of the epochs, with a bar on the error stream where asked for."""
    if not progress:
        return range(first, last)
    from tqdm import tqdm

    return tqdm(range(first, last), unit="epoch")
