"""Looking inside a network in NumPy: activations, weights, gradients, the first value that is not finite.

No probe changes the model. Layers are named by their place and kind, ``"0 linear"``, ``"1 relu"``; parameters
``"0.W"``, ``"0.b"``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_lib.data import statistics
from course_lib.from_scratch import autodiff
from course_lib.from_scratch.networks import MLP

__all__ = [
    "activation_statistics",
    "activations",
    "check_gradients",
    "first_non_finite",
    "gradient_statistics",
    "weight_statistics",
]

Loss = Callable[..., float]
Table = dict[str, dict[str, float]]


def activations(model: MLP, X: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer for ``X`` ``(n, d)``, by the layer's name, in the order of computation."""
    copy = MLP(model.params, model.activation)
    y_hat = copy(X)
    seen: dict[str, np.ndarray] = {}
    for layer, (Z, A) in enumerate(zip(copy._pre_activations, [*copy._inputs[1:], y_hat], strict=True)):
        seen[f"{2 * layer} linear"] = Z
        if layer < len(copy._inputs) - 1:
            seen[f"{2 * layer + 1} {model.activation}"] = A
    return seen


def activation_statistics(model: MLP, X: np.ndarray) -> Table:
    """Mean, std and the shares of zero, dead and finite outputs of every layer for ``X``, at least two samples.

    See :func:`course_lib.data.statistics.activation_summary`.
    """
    return {name: statistics.activation_summary(A) for name, A in activations(model, X).items()}


def weight_statistics(model: MLP) -> Table:
    """Mean, std, norm and finite share of every parameter: :func:`course_lib.data.statistics.weight_summary`."""
    return {name: statistics.weight_summary(w) for name, w in _named(model).items()}


def gradient_statistics(model: MLP, loss: Loss, X: np.ndarray, y: np.ndarray) -> Table:
    """Norm of every gradient, its ratio to the weights' norm, and the shares of zero and finite entries.

    See :func:`course_lib.data.statistics.gradient_summary`.
    """
    grads = _gradients(model, loss, X, y)
    return {name: statistics.gradient_summary(grads[name], w) for name, w in _named(model).items()}


def first_non_finite(model: MLP, loss: Loss, X: np.ndarray, y: np.ndarray) -> str | None:
    """Where the first ``nan`` or infinity of a training step is, or ``None``.

    The search follows the computation: input, target, weights, outputs layer by layer, loss, gradients from
    the last parameter to the first.
    """
    y_hat = model(X)
    places: list[tuple[str, object]] = [("input X", X), ("target y", y)]
    places += [(f"weight {name}", w) for name, w in _named(model).items()]
    places += [(f"output of {name}", A) for name, A in activations(model, X).items()]
    places += [("loss", loss(y_hat, y))]
    places += [(f"gradient of {name}", g) for name, g in reversed(_gradients(model, loss, X, y).items())]
    return next((name for name, value in places if not np.isfinite(value).all()), None)  # type: ignore[call-overload]


def check_gradients(
    model: MLP,
    loss: Loss,
    X: np.ndarray,
    y: np.ndarray,
    *,
    entries: int = 20,
    eps: float = 1e-6,
    seed: int = 0,
) -> dict[str, float]:
    """Compare the gradient of every parameter with central differences in float64: relative errors by name.

    ``entries`` randomly chosen entries of each parameter are moved by ``eps`` both ways, and only these are
    compared. Right gradients give errors near 1e-8, wrong ones above 1e-3. Inputs that sit exactly at a kink
    of the activation raise false alarms.
    """
    double = type(model)([w.astype(np.float64) for w in model.params], model.activation)
    X = np.asarray(X, dtype=np.float64)
    grads = _gradients(double, loss, X, y)
    rng = np.random.default_rng(seed)
    errors = {}
    for name, w in _named(double).items():
        chosen = rng.choice(w.size, min(entries, w.size), replace=False)
        flat, numeric = w.reshape(-1), []
        for entry in chosen:
            middle, values = flat[entry], []
            for moved in (middle + eps, middle - eps):
                flat[entry] = moved
                values.append(float(loss(double(X), y)))
            flat[entry] = middle
            numeric.append((values[0] - values[1]) / (2 * eps))
        errors[name] = statistics.relative_error(grads[name].reshape(-1)[chosen], np.array(numeric))
    return errors


def _named(model: MLP) -> dict[str, np.ndarray]:
    return {f"{2 * (i // 2)}.{'Wb'[i % 2]}": w for i, w in enumerate(model.params)}


def _gradients(model: MLP, loss: Loss, X: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    copy = type(model)(model.params, model.activation)
    return dict(zip(_named(model), autodiff.gradients(copy, loss, X, y), strict=True))
