"""What keeps a network from learning its samples by heart, in NumPy.

Normalisation and dropout come with their derivatives. Arrays may have leading axes, ``(..., n, d)``: then many
networks are normalised, or dropped out, side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import map_coordinates

from course_lib.from_scratch.networks import MLP

__all__ = [
    "batch_norm",
    "batch_norm_grad",
    "dropout",
    "layer_norm",
    "layer_norm_grad",
    "limit_norms",
    "smooth_labels",
    "warp",
]

Array = np.ndarray[Any, np.dtype[np.floating]]
Gradients = tuple[Array, Array, Array]


def normalise(Z: Array, axis: int, eps: float) -> tuple[Array, Array]:
    """``(Z - mean) / sqrt(var + eps)`` along ``axis``, and the factor ``1 / sqrt(var + eps)``."""
    factor = 1 / np.sqrt(Z.var(axis=axis, keepdims=True) + eps)
    return (Z - Z.mean(axis=axis, keepdims=True)) * factor, factor


def normalise_grad(Z_hat: Array, factor: Array, grad: Array, axis: int) -> Array:
    """From dL/dZ_hat to dL/dZ: what mean and variance take away again is subtracted."""
    mean = grad.mean(axis=axis, keepdims=True)
    along = (grad * Z_hat).mean(axis=axis, keepdims=True)
    return factor * (grad - mean - Z_hat * along)


def batch_norm(Z: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Batch normalisation in training: each column of ``Z`` ``(..., n, d)`` over the ``n`` samples of the batch.

    ``gamma`` and ``beta`` are ``(d,)`` or ``(..., 1, d)``. Source: Ioffe and Szegedy 2015.
    """
    Z_hat, _ = normalise(Z, -2, eps)
    return gamma * Z_hat + beta


def batch_norm_grad(Z: Array, gamma: Array, grad: Array, eps: float = 1e-5) -> Gradients:
    """Derivatives for ``Z``, ``gamma`` and ``beta``, from ``grad``, the one for the output of :func:`batch_norm`.

    The last two are ``(..., 1, d)``: sums over the batch.
    """
    Z_hat, factor = normalise(Z, -2, eps)
    d_gamma, d_beta = ((grad * Z_hat).sum(-2, keepdims=True), grad.sum(-2, keepdims=True))
    return normalise_grad(Z_hat, factor, grad * gamma, -2), d_gamma, d_beta


def layer_norm(Z: Array, gamma: Array, beta: Array, eps: float = 1e-5) -> Array:
    """Layer normalisation: each sample of ``Z`` ``(..., n, d)`` over its own ``d`` features.

    ``gamma`` and ``beta`` are ``(d,)``. Source: Ba, Kiros and Hinton 2016.
    """
    Z_hat, _ = normalise(Z, -1, eps)
    return gamma * Z_hat + beta


def layer_norm_grad(Z: Array, gamma: Array, grad: Array, eps: float = 1e-5) -> Gradients:
    """Derivatives for ``Z``, ``gamma`` and ``beta``, from the one for the output of :func:`layer_norm`."""
    Z_hat, factor = normalise(Z, -1, eps)
    d_gamma, d_beta = ((grad * Z_hat).sum(-2, keepdims=True), grad.sum(-2, keepdims=True))
    return normalise_grad(Z_hat, factor, grad * gamma, -1), d_gamma, d_beta


def dropout(A: Array, rate: float | Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Set each entry to 0 with probability ``rate`` and divide the others by ``1 - rate``: the result and its mask.

    The mask holds 0 and ``1 / (1 - rate)``, has the shape of ``A`` and is also the derivative. ``rate`` may be
    an array that broadcasts against ``A``. Raises ``ValueError`` outside [0, 1).
    Source: Srivastava et al. 2014, in the form that scales in training.
    """
    share = np.asarray(rate, dtype=A.dtype)
    if np.any(share < 0) or np.any(share >= 1):
        raise ValueError(f"rate is the share that is dropped and must lie in [0, 1), got {rate}")
    mask = (rng.random(A.shape, dtype=np.float32) >= share) / (1 - share)
    return A * mask, mask


def smooth_labels(y: ArrayLike, classes: int, eps: float = 0.1) -> Array:
    """Integer labels ``(n,)`` as soft targets ``(n, classes)``: ``(1 - eps) * one_hot + eps / classes``, float32.

    The right class keeps ``1 - eps + eps / classes``, as in both frameworks. Raises ``ValueError`` for ``eps``
    outside [0, 1]. Source: Szegedy et al. 2016.
    """
    if not 0 <= eps <= 1:
        raise ValueError(f"eps is a share and must lie in [0, 1], got {eps}")
    one_hot = np.eye(classes, dtype=np.float32)[np.asarray(y)]
    return (1 - eps) * one_hot + np.float32(eps / classes)


def limit_norms(model: MLP, limit: float) -> None:
    """Shorten, in place, the weights into each unit to a Euclidean length of at most ``limit``; biases stay.

    Call it after each update. Source: Srebro and Shraibman 2005; Srivastava et al. 2014.
    """
    for W in model.params[::2]:
        length = np.sqrt((W**2).sum(axis=0, keepdims=True))
        W *= limit / np.maximum(length, limit)


def warp(X: ArrayLike, maps: np.ndarray) -> Array:
    """Move the pixels of images ``(n, h, w)`` or ``(n, h, w, channels)`` by ``maps`` of ``data.affine_maps``.

    Values between pixels are bilinear; outside the picture everything is 0.
    """
    X = np.asarray(X)
    if X.ndim == 4:
        return np.stack([warp(X[..., c], maps) for c in range(X.shape[-1])], axis=-1)
    n, height, width = X.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - (width - 1) / 2, y - (height - 1) / 2
    old = maps @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])  # (n, 2, pixels)
    rows = np.repeat(np.arange(n), x.size)
    columns, lines = old[:, 0].ravel() + (width - 1) / 2, old[:, 1].ravel() + (height - 1) / 2
    moved = map_coordinates(X, [rows, lines, columns], order=1, mode="grid-constant")
    return moved.reshape(X.shape)
