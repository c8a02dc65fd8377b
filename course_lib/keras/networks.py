"""Fully connected networks in Keras, and their weights as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import numpy as np

__all__ = ["mlp", "predict", "set_weights", "weights"]

ACTIVATION_LAYERS: dict[str, Callable[[], keras.layers.Layer]] = {
    "relu": lambda: keras.layers.ReLU(),
    "leaky_relu": lambda: keras.layers.LeakyReLU(negative_slope=0.01),
    "elu": lambda: keras.layers.ELU(),
    "sigmoid": lambda: keras.layers.Activation("sigmoid"),
    "tanh": lambda: keras.layers.Activation("tanh"),
    "linear": lambda: keras.layers.Activation("linear"),
    "swish": lambda: keras.layers.Activation("silu"),
    "gelu": lambda: keras.layers.Activation("gelu"),
    "mish": lambda: keras.layers.Activation("mish"),
    "softplus": lambda: keras.layers.Activation("softplus"),
}
# Activations that cut off half of their input need twice the variance (He et al. 2015); the others get Glorot's.
HE_ACTIVATIONS = ("relu", "leaky_relu", "elu", "swish", "gelu", "mish")


def mlp(sizes: Sequence[int], activation: str = "relu", seed: int = 0) -> keras.Sequential:
    """A network with layer widths ``sizes`` = (inputs, hidden..., outputs), hidden ``activation`` and a linear output.

    Weights are He normal for the ReLU family and Glorot uniform otherwise, biases zero, all float32.
    """
    if activation not in ACTIVATION_LAYERS:
        raise ValueError(f"no activation {activation!r}: choose one of {', '.join(ACTIVATION_LAYERS)}")
    layers: list[keras.layers.Layer] = [keras.Input((sizes[0],))]
    for number, fan_out in enumerate(sizes[1:], start=1):
        if activation in HE_ACTIVATIONS:
            # Keras calls the truncated form "he_normal"; this is the plain normal of the paper.
            start = keras.initializers.VarianceScaling(
                2.0, "fan_in", "untruncated_normal", seed=seed + number
            )
        else:
            start = keras.initializers.GlorotUniform(seed=seed + number)
        layers.append(keras.layers.Dense(fan_out, kernel_initializer=start))
        if number < len(sizes) - 1:
            layers.append(ACTIVATION_LAYERS[activation]())
    return keras.Sequential(layers)


def weights(model: keras.Model) -> list[np.ndarray]:
    """Copies of the weights layer by layer.

    Dense kernels are ``(inputs, outputs)``, convolutions ``(*size, inputs, outputs)``.
    Batch normalisation gives scale, shift, moving mean and moving variance.
    """
    return [np.array(keras.ops.convert_to_numpy(v)) for v in _variables(model)]


def _variables(model: keras.Model) -> list[keras.Variable]:
    """The model's weights without the states of random generators (Keras counts those of dropout as weights)."""
    return [v for v in model.weights if "seed_generator" not in v.path]


def set_weights(model: keras.Model, arrays: Sequence[np.ndarray]) -> None:
    """Put ``arrays`` (layout of :func:`weights`) into the model. Raises ``ValueError`` if number or shapes differ."""
    variables = _variables(model)
    if [a.shape for a in arrays] != [tuple(v.shape) for v in variables]:
        raise ValueError(
            f"shapes {[a.shape for a in arrays]} do not fit the model's {[tuple(v.shape) for v in variables]}"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def predict(model: keras.Model, X: np.ndarray) -> np.ndarray:
    """Output for inputs ``X`` (samples first), in inference mode and in one call."""
    y_hat = model(keras.ops.convert_to_tensor(X), training=False)
    return keras.ops.convert_to_numpy(y_hat)
