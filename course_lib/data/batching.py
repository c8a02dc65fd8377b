"""The batch order every hall follows: same seed and epoch, same batches, whatever the framework."""

from __future__ import annotations

import numpy as np


def batches(
    n: int, batch_size: int, seed: int = 0, epoch: int = 0, *, shuffle: bool = True
) -> list[np.ndarray]:
    """Split the indices ``0 .. n-1`` into the batches of one epoch.

    ``n`` samples give ``ceil(n / batch_size)`` int64 index arrays; the last one may be shorter, none is
    empty, and each index occurs exactly once. The order depends on ``(seed, epoch)`` only, so two models
    trained in different frameworks see the same samples in the same order, and any epoch can be rebuilt on
    its own. ``shuffle=False`` keeps the order 0, 1, 2, ...

    Raises ``ValueError`` for a negative ``n``, a ``batch_size`` below 1, or a negative ``seed`` or ``epoch``.
    """
    if n < 0:
        raise ValueError(f"n must be 0 or more samples, got {n}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if seed < 0 or epoch < 0:
        raise ValueError(f"seed and epoch must be 0 or more, got seed={seed}, epoch={epoch}")
    order = np.random.default_rng([seed, epoch]).permutation(n) if shuffle else np.arange(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]
