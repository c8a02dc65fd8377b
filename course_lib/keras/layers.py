"""The layers of a Keras model: how many numbers they learn, and which shapes come out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

__all__ = ["count", "summary"]

Row = tuple[str, tuple[int, ...], int]


def count(model: keras.Layer) -> int:
    """How many numbers an optimiser changes: the sizes of the trainable parameters, added up."""
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def summary(model: keras.Layer, *inputs: np.ndarray) -> list[Row]:
    """One row per layer in the order of the forward pass: its name, the shape of its output, its parameters.

    ``inputs`` are arrays, samples first; the model sees them once, in inference mode. A layer that returns several
    tensors is listed with the shape of the first. A layer that is used again is listed again with 0 parameters, so
    that the column adds up to :func:`count`.
    """
    rows: list[Row] = []
    seen: set[int] = set()

    def noting(layer: keras.Layer) -> Callable[..., Any]:
        call = layer.call

        def noted(*args: Any, **kwargs: Any) -> Any:
            output = first = call(*args, **kwargs)
            while isinstance(first, tuple | list):
                first = first[0]
            own = [v for v in layer.trainable_variables if id(v) not in seen]
            seen.update(map(id, own))
            rows.append((type(layer).__name__, tuple(first.shape), sum(int(np.prod(v.shape)) for v in own)))
            return output

        return noted

    tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
    model(*tensors, training=False)  # builds what is not built yet; building may call a layer as well
    layers = list(_layers(model))
    # Keras has no hooks: for one call, each layer's `call` is shadowed by one that takes notes.
    for layer in layers:
        layer.__dict__["call"] = noting(layer)
    try:
        output = model(*tensors, training=False)
    finally:
        for layer in layers:
            del layer.__dict__["call"]
    rest = sum(int(np.prod(v.shape)) for v in model.trainable_variables if id(v) not in seen)
    if rest:  # a model of your own that has parameters beside its layers
        rows.append((type(model).__name__, tuple(output.shape), rest))
    return rows


def _layers(layer: keras.Layer) -> Iterator[keras.Layer]:
    """The layers of a model, each once, also those of the models inside it."""
    if not isinstance(layer, keras.Model):
        yield layer
        return
    found: set[int] = set()
    for child in layer.layers:
        for inner in _layers(child):
            if id(inner) not in found and not isinstance(inner, keras.layers.InputLayer):
                found.add(id(inner))
                yield inner
