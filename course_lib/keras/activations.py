"""Activation functions in Keras: the names and arguments of `course_lib.from_scratch.activations`.

Functions take a tensor or array of any shape and return a tensor of the same shape and precision.
They use `keras.ops` only, so they run on every backend.
`Swish` and `Mish` are layers, written by hand, that sit in a `keras.Sequential` and survive saving.
"""

from typing import Any

import keras
from keras import ops

__all__ = [
    "Mish",
    "Swish",
    "elu",
    "gelu",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mish",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]

Tensor = Any  # a tensor of whichever backend runs


def linear(Z: Tensor) -> Tensor:
    """The identity: the output activation of a regression."""
    return ops.convert_to_tensor(Z)


def relu(Z: Tensor) -> Tensor:
    """max(0, z)."""
    return ops.relu(Z)


def leaky_relu(Z: Tensor, slope: float = 0.01) -> Tensor:
    """z where z > 0, else slope * z (Keras' own defaults are 0.2 in the function and 0.3 in the layer)."""
    return ops.leaky_relu(Z, negative_slope=slope)


def elu(Z: Tensor, alpha: float = 1.0) -> Tensor:
    """z where z > 0, else alpha * (exp(z) - 1)."""
    return ops.elu(Z, alpha=alpha)


def sigmoid(Z: Tensor) -> Tensor:
    """1 / (1 + exp(-z))."""
    return ops.sigmoid(Z)


def tanh(Z: Tensor) -> Tensor:
    """(exp(z) - exp(-z)) / (exp(z) + exp(-z))."""
    return ops.tanh(Z)


def softplus(Z: Tensor) -> Tensor:
    """log(1 + exp(z)). The torch backend returns z itself above 20, which is 2e-9 too small there."""
    return ops.softplus(Z)


def swish(Z: Tensor, beta: float = 1.0) -> Tensor:
    """z * sigmoid(beta z); `keras.ops.silu` for beta = 1."""
    Z = ops.convert_to_tensor(Z)
    return Z * ops.sigmoid(beta * Z)


def gelu(Z: Tensor, approximate: bool = False) -> Tensor:
    """z * Phi(z), or its tanh form (the default of `keras.ops.gelu`, but not of `keras.activations.gelu`)."""
    return ops.gelu(Z, approximate=approximate)


def mish(Z: Tensor) -> Tensor:
    """z * tanh(softplus(z))."""
    Z = ops.convert_to_tensor(Z)
    return Z * ops.tanh(softplus(Z))


def softmax(Z: Tensor, axis: int = -1) -> Tensor:
    """exp(z_i) / sum_j exp(z_j) along `axis`, with the largest entry subtracted first."""
    return ops.softmax(Z, axis=axis)


def log_softmax(Z: Tensor, axis: int = -1) -> Tensor:
    """log(softmax(Z)) along `axis`, exact also where the softmax rounds to 0."""
    return ops.log_softmax(Z, axis=axis)


@keras.saving.register_keras_serializable(package="course_lib")
class Swish(keras.layers.Layer):
    """z * sigmoid(beta z) as a layer; with learnable=True, beta is trained like a weight.

    Source: Ramachandran et al. 2017.
    """

    def __init__(self, beta: float = 1.0, learnable: bool = False) -> None:
        super().__init__()
        self.start, self.learnable = float(beta), learnable
        initial = keras.initializers.Constant(self.start)
        self.beta = self.add_weight(shape=(), initializer=initial, name="beta") if learnable else self.start

    def call(self, Z: Tensor) -> Tensor:
        """Apply the function to `Z`, a tensor of any shape."""
        return Z * ops.sigmoid(self.beta * Z)

    def get_config(self) -> dict[str, Any]:
        """What Keras needs to rebuild the layer."""
        return {"beta": self.start, "learnable": self.learnable}


@keras.saving.register_keras_serializable(package="course_lib")
class Mish(keras.layers.Layer):
    """z * tanh(softplus(z)) as a layer. Source: Misra 2020."""

    def __init__(self) -> None:
        super().__init__()

    def call(self, Z: Tensor) -> Tensor:
        """Apply the function to `Z`, a tensor of any shape."""
        return mish(Z)

    def get_config(self) -> dict[str, Any]:
        """What Keras needs to rebuild the layer: nothing."""
        return {}
