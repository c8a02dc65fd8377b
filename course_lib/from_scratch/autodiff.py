"""Gradients by hand-derived backpropagation, and by finite differences to check them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import numpy as np

from course_lib.from_scratch.networks import MLP


def derivative_of(loss: Callable[..., float]) -> Callable[..., np.ndarray]:
    """The hand-derived gradient that belongs to a NumPy loss: ``name_grad`` beside ``name``, same arguments.

    Works through :func:`functools.partial`. Raises ``ValueError`` when the loss has no such neighbour.
    """
    if isinstance(loss, functools.partial):
        return functools.partial(derivative_of(loss.func), *loss.args, **loss.keywords)
    if hasattr(loss, "grad"):  # a loss that brings its own, such as a weighted_sum
        return loss.grad
    name = f"{loss.__name__}_grad"
    module = inspect.getmodule(loss)
    if not hasattr(module, name):
        raise ValueError(f"{loss.__name__} has no derivative: define {name}(y_hat, y) beside it")
    return getattr(module, name)


def gradients(model: MLP, loss: Callable[..., float], X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """dL/dparameter for every parameter, in the layout of ``networks.weights``, by backpropagation."""
    y_hat = model(X)
    return model.backward(derivative_of(loss)(y_hat, y))


def finite_differences(f: Callable[[np.ndarray], float], x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    """Gradient of the scalar function ``f`` at ``x`` (any shape) by central differences, in float64.

    Each entry is ``(f(x + eps e_i) - f(x - eps e_i)) / (2 eps)``; its error is of order ``eps**2`` plus
    rounding of order ``1e-16 / eps``.
    """
    x = np.array(x, dtype=np.float64)
    grad = np.empty_like(x)
    for index in np.ndindex(x.shape):
        middle = x[index]
        x[index] = middle + eps
        above = f(x)
        x[index] = middle - eps
        below = f(x)
        x[index] = middle
        grad[index] = (above - below) / (2 * eps)
    return grad
