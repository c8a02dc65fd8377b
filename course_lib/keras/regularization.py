"""What keeps a network from learning its samples by heart, in Keras.

Dropout, normalisation, weight decay and ``keras.constraints`` are Keras' own; here are the forms that compare
with the other halls number by number.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["limit_norms", "smooth_labels", "warp"]

Tensor = Any  # a tensor of whichever backend runs


def smooth_labels(y: Tensor, classes: int, eps: float = 0.1) -> Tensor:
    """Integer labels ``(n,)`` as soft targets ``(n, classes)``: ``(1 - eps) * one_hot + eps / classes``, float32.

    The right class keeps ``1 - eps + eps / classes``, as in ``CategoricalCrossentropy(label_smoothing=eps)``.
    Raises ``ValueError`` for ``eps`` outside [0, 1]. Source: Szegedy et al. 2016.
    """
    if not 0 <= eps <= 1:
        raise ValueError(f"eps is a share and must lie in [0, 1], got {eps}")
    return (1 - eps) * ops.one_hot(y, classes, dtype="float32") + eps / classes


def limit_norms(model: keras.Model, limit: float) -> None:
    """Shorten, in place, the weights into each unit to a Euclidean length of at most ``limit``; biases stay.

    Works on dense layers and convolutions. Call it after each update, or give the layers
    ``kernel_constraint=keras.constraints.MaxNorm(limit)``. Source: Srebro and Shraibman 2005; Srivastava et
    al. 2014.
    """
    for W in model.trainable_variables:
        if W.name == "kernel":
            inputs = tuple(range(len(W.shape) - 1))
            length = ops.sqrt(ops.sum(ops.square(W), axis=inputs, keepdims=True))
            W.assign(W * (limit / ops.maximum(length, limit)))


def warp(X: Tensor, maps: np.ndarray) -> Tensor:
    """Move the pixels of images ``(n, h, w)`` or ``(n, h, w, channels)`` by ``maps`` of ``data.affine_maps``.

    Values between pixels are bilinear; outside the picture everything is 0.
    """
    images = ops.expand_dims(X, -1) if len(X.shape) == 3 else X
    # Keras counts pixels from the upper left corner; the maps count from the centre.
    centre = np.array([(X.shape[2] - 1) / 2, (X.shape[1] - 1) / 2])
    offset = maps[:, :, 2] + centre - maps[:, :, :2] @ centre
    rows = np.concatenate([maps[:, :, :2], offset[..., None]], axis=-1).reshape(-1, 6)
    transform = np.pad(rows, ((0, 0), (0, 2))).astype("float32")  # the last two would be a perspective
    moved = ops.image.affine_transform(
        images, transform, interpolation="bilinear", fill_mode="constant", data_format="channels_last"
    )
    return ops.reshape(moved, X.shape)
