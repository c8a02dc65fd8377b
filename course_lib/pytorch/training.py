"""The training loop in PyTorch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from course_lib.data.batching import batches


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
) -> dict[str, list[float]]:
    """Train ``model`` on arrays ``X`` (samples first) and ``y`` with mini-batches in the order of ``data.batches``.

    ``loss(y_hat, y)`` is the mean over a batch. Returns the history:
    ``loss`` is the mean over the epoch's samples, measured before each update; ``val_loss`` (with
    ``validation=(X, y)``) after the epoch, in evaluation mode.
    """
    device = next(model.parameters()).device
    X_all, y_all = torch.as_tensor(X, device=device), torch.as_tensor(y, device=device)
    history: dict[str, list[float]] = {"loss": []}
    if validation:
        history["val_loss"] = []
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for rows in batches(len(X), batch_size, seed=seed, epoch=epoch):
            optimizer.zero_grad()
            value = loss(model(X_all[rows]), y_all[rows])
            value.backward()
            optimizer.step()
            total += value.item() * len(rows)
        history["loss"].append(total / len(X))
        if validation:
            model.eval()
            with torch.no_grad():
                y_hat = model(torch.as_tensor(validation[0], device=device))
                held_out = loss(y_hat, torch.as_tensor(validation[1], device=device))
            history["val_loss"].append(held_out.item())
    return history
