"""Comparing what the halls compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.parity.transfer import hall_module

PARITY_MIME = "application/vnd.course.parity+json"


def to_numpy(value: Any) -> np.ndarray:
    """An array from a number, a list of numbers, an array, a PyTorch tensor or a Keras tensor or variable."""
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    return np.asarray(value)


def _parts(value: Any) -> list[np.ndarray]:
    """A list or tuple of arrays part by part; everything else as one array."""
    if isinstance(value, list | tuple) and value and not np.isscalar(value[0]):
        return [to_numpy(part) for part in value]
    return [to_numpy(value)]


def agree(label: str, a: Any, b: Any, tol: float = 1e-5) -> float:
    """Show the largest absolute difference between ``a`` and ``b`` and return it.

    ``a`` and ``b`` are numbers, arrays or tensors of any hall, or lists of them with the same shapes. The difference is
    recorded in the cell's output. Raises ``AssertionError`` if it exceeds ``tol`` or is not a number, or if
    the shapes differ.
    """
    left, right = _parts(a), _parts(b)
    shapes = [part.shape for part in left], [part.shape for part in right]
    if shapes[0] != shapes[1]:
        raise AssertionError(f"{label}: shapes differ, {shapes[0]} and {shapes[1]}")
    difference = max(
        (
            float(np.max(np.abs(p.astype(np.float64) - q.astype(np.float64)), initial=0.0))
            for p, q in zip(left, right, strict=True)
        ),
        default=0.0,
    )
    # Written so that nan fails as well.
    if not difference <= tol:
        raise AssertionError(f"{label}: the largest difference is {difference:.1e}, more than {tol:.0e}")
    _show(label, difference, tol)
    return difference


def _show(label: str, difference: float, tol: float) -> None:
    text = f"{label}: largest difference {difference:.1e} (allowed {tol:.0e})"
    try:
        from IPython.core.getipython import get_ipython
        from IPython.display import display
    except ImportError:
        print(text)
        return
    if get_ipython() is None:
        print(text)
        return
    record = {"label": label, "difference": difference, "tolerance": tol}
    # The record travels as metadata: among the data, MyST-NB warns of a MIME type it does not know.
    display({"text/plain": text}, metadata={PARITY_MIME: record}, raw=True)


def outputs_agree(model_a: Any, model_b: Any, X: np.ndarray, tol: float = 1e-5) -> float:
    """Compare the outputs of two models of any halls on ``X``; see :func:`agree`."""
    a, b = (hall_module(model, "networks").predict(model, X) for model in (model_a, model_b))
    return agree("outputs", a, b, tol)


def gradients_agree(
    model_a: Any,
    model_b: Any,
    loss_a: Callable[..., Any],
    loss_b: Callable[..., Any],
    X: np.ndarray,
    y: np.ndarray,
    tol: float = 1e-5,
) -> float:
    """Compare the gradients of two models with equal weights for the batch ``(X, y)``; see :func:`agree`."""
    pairs: Sequence[tuple[Any, Callable[..., Any]]] = ((model_a, loss_a), (model_b, loss_b))
    a, b = (hall_module(model, "autodiff").gradients(model, loss, X, y) for model, loss in pairs)
    return agree("gradients", a, b, tol)
