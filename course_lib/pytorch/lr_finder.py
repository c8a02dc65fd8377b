"""The learning-rate range test in PyTorch: one short run in which the rate grows until the loss explodes."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from course_lib.data.batching import batches

__all__ = ["lr_range_test"]

SMOOTHING = 0.9  # share of the old average in the smoothed loss
EXPLOSION = 4.0  # the run ends when the smoothed loss is this many times its smallest value


def lr_range_test(
    model: nn.Module,
    X: np.ndarray,
    y: np.ndarray,
    loss: Callable[..., torch.Tensor],
    optimizer: torch.optim.Optimizer,
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
    Raises ``ValueError`` unless ``0 < lr_min < lr_max`` and ``steps >= 2``. Source: Smith 2017.
    """
    if not 0 < lr_min < lr_max or steps < 2:
        raise ValueError(f"need 0 < lr_min < lr_max and steps >= 2, got {lr_min}, {lr_max} and {steps}")
    device = next(model.parameters()).device
    X_all, y_all = torch.as_tensor(X, device=device), torch.as_tensor(y, device=device)
    before, was_training = copy.deepcopy(model.state_dict()), model.training
    settings = copy.deepcopy(optimizer.state_dict())
    rates = np.geomspace(lr_min, lr_max, steps)
    curve: dict[str, list[float]] = {"lr": [], "loss": [], "smooth": []}
    model.train()
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            for lr, rows in zip(rates, _rows(len(X), batch_size, seed), strict=False):
                for group in optimizer.param_groups:
                    group["lr"] = float(lr)
                optimizer.zero_grad()
                value = loss(model(X_all[rows]), y_all[rows])
                if not _note(curve, float(lr), value.item()):
                    break
                value.backward()
                optimizer.step()
    finally:
        model.load_state_dict(before)
        model.train(was_training)
        optimizer.load_state_dict(settings)
        optimizer.zero_grad()
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
