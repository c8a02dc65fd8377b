"""Looking inside a Keras model: activations, weights, gradients, the first value that is not finite.

No probe changes the model: not its weights, its moving statistics or its random states. Layers are named by their place
and class, ``"0 Dense"``; parameters ``"0.kernel"``. Runs on the TensorFlow and the torch backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from course_lib.data import statistics
from course_lib.keras import autodiff

__all__ = [
    "activation_statistics",
    "activations",
    "check_gradients",
    "first_non_finite",
    "gradient_statistics",
    "weight_statistics",
]

Loss = Callable[..., Any]
Table = dict[str, dict[str, float]]

# The best step of a central difference in float32: about the cube root of its precision, rounded down.
FLOAT32_STEP = 1e-3


def activations(model: keras.Model, X: np.ndarray) -> dict[str, np.ndarray]:
    """The output of every layer for ``X`` (samples first), by the layer's name, in the order of the layers.

    Keras has no hooks. A second model with the same layers returns what they put out, in inference mode; the
    layers are shared, so nothing is copied. A layer that returns several tensors gives one entry for each,
    ``"0 LSTM [0]"``. Works for Sequential and functional models that know their input; a nested model counts as one
    layer. Raises ``ValueError`` for others.
    """
    keys: list[str] = []
    tensors: list[Any] = []
    for name, layer in _layers(model).items():
        parts = keras.tree.flatten(_output(layer))
        keys += [name] if len(parts) == 1 else [f"{name} [{i}]" for i in range(len(parts))]
        tensors += parts
    values = keras.Model(model.inputs, tensors)([ops.convert_to_tensor(X)], training=False)
    return {
        key: np.array(ops.convert_to_numpy(v))
        for key, v in zip(keys, keras.tree.flatten(values), strict=True)
    }


def activation_statistics(model: keras.Model, X: np.ndarray) -> Table:
    """Mean, std and the shares of zero, dead and finite outputs of every layer for ``X``, at least two samples.

    See :func:`course_lib.data.statistics.activation_summary`.
    """
    return {name: statistics.activation_summary(A) for name, A in activations(model, X).items()}


def weight_statistics(model: keras.Model) -> Table:
    """Mean, std, norm and finite share of every parameter: :func:`course_lib.data.statistics.weight_summary`."""
    return {name: statistics.weight_summary(ops.convert_to_numpy(w)) for name, w in _named(model).items()}


def gradient_statistics(model: keras.Model, loss: Loss, X: np.ndarray, y: np.ndarray) -> Table:
    """Norm of every gradient, its ratio to the weights' norm, and the shares of zero and finite entries.

    In training mode, as in training. A parameter that the loss does not depend on has gradient zero.
    See :func:`course_lib.data.statistics.gradient_summary`.
    """
    grads = _gradients(model, loss, X, y)
    named = _named(model)
    return {
        name: statistics.gradient_summary(g, ops.convert_to_numpy(named[name])) for name, g in grads.items()
    }


def first_non_finite(model: keras.Model, loss: Loss, X: np.ndarray, y: np.ndarray) -> str | None:
    """Where the first ``nan`` or infinity of a training step is, or ``None``.

    The search follows the computation: input, target, weights, outputs layer by layer, loss, gradients from
    the last parameter to the first.
    """
    seen: list[Any] = []

    def noted(y_hat: Any, y: Any) -> Any:
        seen.append(loss(y_hat, y))
        return seen[-1]

    grads = _gradients(model, noted, X, y)
    places: list[tuple[str, Any]] = [("input X", X), ("target y", y)]
    places += [(f"weight {name}", ops.convert_to_numpy(w)) for name, w in _named(model).items()]
    places += [(f"output of {name}", A) for name, A in activations(model, X).items()]
    places += [("loss", ops.convert_to_numpy(seen[-1]))]
    places += [(f"gradient of {name}", g) for name, g in reversed(grads.items())]
    return next((name for name, array in places if not np.isfinite(array).all()), None)


def check_gradients(
    model: keras.Model,
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
    of the activation raise false alarms. Works on a copy in float64 and in inference mode (no dropout), so
    the model must be Sequential or functional, its own layers able to rebuild themselves from ``get_config``,
    and the loss must keep float64 (the functions of :mod:`course_lib.keras.losses` do; loss objects of Keras
    need ``dtype="float64"``). On other backends than TensorFlow Keras computes in float32 whatever one asks for:
    there ``eps`` is at least 1e-3, and right gradients give errors up to about 1e-2.
    """
    if keras.backend.backend() != "tensorflow":
        eps = max(eps, FLOAT32_STEP)
    double = _in_float64(model)
    inputs, targets = (ops.convert_to_tensor(_wide(array)) for array in (X, y))
    grads = dict(
        zip(_named(double), autodiff.gradients(_AtRest(double), loss, _wide(X), _wide(y)), strict=True)
    )
    rng = np.random.default_rng(seed)
    errors = {}
    for name, variable in _named(double).items():
        w = np.array(ops.convert_to_numpy(variable))
        chosen = rng.choice(w.size, min(entries, w.size), replace=False)
        flat, numeric = w.reshape(-1), []
        for entry in chosen:
            middle, values = flat[entry], []
            for moved in (middle + eps, middle - eps):
                flat[entry] = moved
                variable.assign(w)
                values.append(float(ops.convert_to_numpy(loss(double(inputs, training=False), targets))))
            flat[entry] = middle
            numeric.append((values[0] - values[1]) / (2 * eps))
        variable.assign(w)
        errors[name] = statistics.relative_error(grads[name].reshape(-1)[chosen], np.array(numeric))
    return errors


class _AtRest:
    """A model whose forward pass is always in inference mode, for ``autodiff.gradients``."""

    def __init__(self, model: keras.Model) -> None:
        self.model, self.trainable_variables = model, model.trainable_variables

    def __call__(self, X: Any, training: bool = False) -> Any:
        return self.model(X, training=False)


def _layers(model: keras.Model) -> dict[str, keras.layers.Layer]:
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return {f"{i} {type(layer).__name__}": layer for i, layer in enumerate(layers)}


def _output(layer: keras.layers.Layer) -> Any:
    try:
        return layer.output
    except (AttributeError, ValueError) as error:
        message = f"layer {layer.name!r} has no single known output: build the model with its input, or call it once"
        raise ValueError(message) from error


def _named(model: keras.Model) -> dict[str, keras.Variable]:
    """The trainable variables by name, in the order of ``model.trainable_variables``."""
    names = {
        id(v): f"{name.split()[0]}.{v.path.split(f'{layer.name}/', 1)[-1]}"
        for name, layer in _layers(model).items()
        for v in layer.trainable_variables
    }
    return {names.get(id(v), v.path): v for v in model.trainable_variables}


def _gradients(model: keras.Model, loss: Loss, X: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by name in training mode; moving statistics and random states go back to where they were."""
    before = [np.array(ops.convert_to_numpy(v)) for v in model.non_trainable_variables]
    try:
        grads = autodiff.gradients(model, loss, X, y)
    finally:
        for variable, value in zip(model.non_trainable_variables, before, strict=True):
            variable.assign(value)
    return dict(zip(_named(model), grads, strict=True))


def _in_float64(model: keras.Model) -> keras.Model:
    def again(layer: keras.layers.Layer) -> keras.layers.Layer:
        return type(layer).from_config({**layer.get_config(), "dtype": "float64"})

    double = keras.models.clone_model(model, clone_function=again, recursive=True)
    double.set_weights(model.get_weights())
    return double


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if np.issubdtype(array.dtype, np.floating) else array
