"""Numbers that sum up an array: what you look at first when a network does not train.

The probes of every hall report these, so that a layer reads the same in NumPy, PyTorch and Keras. Means,
deviations and norms are of the finite entries; ``finite`` says how many that are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["activation_summary", "describe", "gradient_summary", "relative_error", "weight_summary"]

# Below this norm, central differences in float64 are mostly rounding (about 1e-10 per entry at eps = 1e-6).
SMALLEST_NORM = 1e-5


def describe(X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """What can be said about a batch before any model sees it.

    ``X`` is ``(n, ...)``, ``y`` has one entry or row per sample. Of ``X``: ``samples``, ``shape`` of one,
    ``finite`` share, ``mean``, ``std``, ``min``, ``max`` and ``constant``, the number of features that are the
    same in every sample. Of ``y``: the count of each label as ``labels`` if it is of an integer type, else
    ``target finite``, ``target mean`` and ``target std``. Raises ``ValueError`` when the lengths differ or
    there are no samples.
    """
    X, y = np.asarray(X), np.asarray(y)
    if len(X) != len(y) or len(X) == 0:
        raise ValueError(f"{len(X)} samples but {len(y)} targets: one target for each, and at least one")
    good = _finite(X)
    facts: dict[str, Any] = {
        "samples": len(X),
        "shape": X.shape[1:],
        "finite": float(np.isfinite(X).mean()),
        "mean": float(good.mean()) if good.size else np.nan,
        "std": float(good.std()) if good.size else np.nan,
        "min": float(good.min()) if good.size else np.nan,
        "max": float(good.max()) if good.size else np.nan,
        "constant": int(np.sum(X.max(axis=0) == X.min(axis=0))),
    }
    if np.issubdtype(y.dtype, np.integer) or y.dtype == bool:
        names, counts = np.unique(y, return_counts=True)
        facts["labels"] = dict(zip(names.tolist(), counts.tolist(), strict=True))
        return facts
    target = _finite(y)
    facts["target finite"] = float(np.isfinite(y).mean())
    facts["target mean"] = float(target.mean()) if target.size else np.nan
    facts["target std"] = float(target.std()) if target.size else np.nan
    return facts


def activation_summary(A: np.ndarray) -> dict[str, float]:
    """``mean`` and ``std`` of a layer's outputs ``A`` ``(n, ...)``; shares that are ``zero``, ``dead``, ``finite``.

    A unit is dead when it gives the same number for all samples: nothing about the input gets through it, as
    with a ReLU that is always off or a sigmoid that is always saturated. Raises ``ValueError`` for fewer than
    two samples, since then every unit would be.
    """
    if len(A) < 2:
        raise ValueError(f"a unit can be called dead from two samples on, got {len(A)}")
    good = _finite(A)
    return {
        "mean": float(good.mean()) if good.size else np.nan,
        "std": float(good.std()) if good.size else np.nan,
        "zero": float(np.mean(A == 0)),
        "dead": float(np.mean(A.max(axis=0) == A.min(axis=0))),
        "finite": float(np.isfinite(A).mean()),
    }


def weight_summary(w: np.ndarray) -> dict[str, float]:
    """``mean``, ``std`` and ``norm`` of a parameter of any shape, and the share of ``finite`` entries."""
    good = _finite(w)
    return {
        "mean": float(good.mean()) if good.size else np.nan,
        "std": float(good.std()) if good.size else np.nan,
        "norm": float(np.linalg.norm(good)),
        "finite": float(np.isfinite(w).mean()),
    }


def gradient_summary(grad: np.ndarray, w: np.ndarray) -> dict[str, float]:
    """``norm`` of a gradient, its ``ratio`` to the norm of its parameter ``w``; shares that are ``zero``, ``finite``.

    The ratio has no unit, so it can be compared between layers and networks; it is ``nan`` for a parameter that is all
    zero, such as a bias before the first step.
    """
    size, norm = float(np.linalg.norm(_finite(w))), float(np.linalg.norm(_finite(grad)))
    return {
        "norm": norm,
        "ratio": norm / size if size else np.nan,
        "zero": float(np.mean(grad == 0)),
        "finite": float(np.isfinite(grad).mean()),
    }


def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """``|a - b| / (|a| + |b|)`` with Euclidean norms: 0 for equal arrays, 1 for opposite ones.

    Two arrays that are both nearly zero are compared with 1e-5 instead, below which a central difference is mostly
    rounding.
    """
    size = max(float(np.linalg.norm(a) + np.linalg.norm(b)), SMALLEST_NORM)
    return float(np.linalg.norm(np.asarray(a, float) - np.asarray(b, float))) / size


def _finite(array: np.ndarray) -> np.ndarray:
    """The finite entries in float64, flat: float16 and float32 would overflow in their own squares."""
    values = np.asarray(array).ravel()
    return values[np.isfinite(values)].astype(np.float64)
