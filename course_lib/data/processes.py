"""A regression process whose best possible error is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Regression:
    """Samples of a noisy function.

    ``X`` is ``(n, 1)`` and ``y`` is ``(n, 1)``, both float32. No predictor has an expected squared error
    below ``noise_variance``, and :meth:`true_function` reaches it.
    """

    X: np.ndarray
    y: np.ndarray
    noise_variance: float

    @staticmethod
    def true_function(X: np.ndarray) -> np.ndarray:
        """The mean of ``y`` at each ``X``: ``sin(2x) + x / 2``, same shape as ``X``."""
        return np.sin(2 * X) + X / 2


def regression(n: int = 200, noise: float = 0.3, seed: int = 0) -> Regression:
    """Draw ``n`` points ``y = sin(2x) + x/2 + e`` with ``x`` uniform in [-3, 3] and ``e`` normal.

    ``noise`` is the standard deviation of ``e``, so the best expected squared error is ``noise**2``. Fresh
    points from the same process (to test on) come from another ``seed``.

    Raises ``ValueError`` for ``n < 1`` or a negative ``noise``.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1 sample, got {n}")
    if noise < 0:
        raise ValueError(f"noise is a standard deviation and must be 0 or more, got {noise}")
    rng = np.random.default_rng(seed)
    X = rng.uniform(-3.0, 3.0, size=(n, 1))
    y = Regression.true_function(X) + noise * rng.standard_normal((n, 1))
    return Regression(X.astype(np.float32), y.astype(np.float32), float(noise) ** 2)
