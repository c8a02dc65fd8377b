"""Gradients of a Keras model as arrays, on the TensorFlow and the torch backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

__all__ = ["gradients"]


def gradients(model: keras.Model, loss: Callable[..., Any], X: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """dL/dparameter for every trainable parameter, in the layout of ``networks.weights``, by the backend's autograd.

    A parameter that the loss does not depend on has gradient zero. Raises ``NotImplementedError`` on other backends.
    """
    backend = keras.backend.backend()
    X, y = keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(y)
    variables = model.trainable_variables
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss(model(X, training=True), y)
        zeros = tf.UnconnectedGradients.ZERO
        grads = tape.gradient(value, [v.value for v in variables], unconnected_gradients=zeros)
    elif backend == "torch":
        import torch

        value = loss(model(X, training=True), y)
        grads = torch.autograd.grad(value, [v.value for v in variables], materialize_grads=True)
    else:
        raise NotImplementedError(f"no gradients on the {backend} backend: use tensorflow or torch")
    return [keras.ops.convert_to_numpy(g) for g in grads]
