"""Weights cross between the halls, whatever the layers, and a mismatch is refused."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from course_lib import parity
from course_lib.from_scratch import networks as numpy_networks
from course_lib.keras import networks as keras_networks
from course_lib.pytorch import networks as torch_networks


class ChannelsLast(torch.nn.Module):
    """Runs a channels-first network on channels-last images, so that both frameworks take the same array."""

    def __init__(self, inner: torch.nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return self.inner(X.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def conv_pair() -> tuple[torch.nn.Module, keras.Model]:
    torch_model = ChannelsLast(
        torch.nn.Sequential(
            torch.nn.Conv2d(1, 3, 3, padding=1),
            torch.nn.BatchNorm2d(3),
            torch.nn.ReLU(),
            torch.nn.Conv2d(3, 2, 1),
        )
    )
    layers = keras.layers
    keras_model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(3, 3, padding="same"),
            layers.BatchNormalization(epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(2, 1),
        ]
    )
    return torch_model, keras_model


def table_pair() -> tuple[torch.nn.Module, keras.Model]:
    torch_model = torch.nn.Sequential(
        torch.nn.Embedding(7, 5),
        torch.nn.LayerNorm(5),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(5, 2, bias=False),
    )
    layers = keras.layers
    keras_model = keras.Sequential(
        [
            keras.Input((3,), dtype="int64"),
            layers.Embedding(7, 5),
            layers.LayerNormalization(epsilon=1e-5),
            layers.Dropout(0.5),
            layers.Dense(2, use_bias=False),
        ]
    )
    return torch_model, keras_model


IMAGES = np.random.default_rng(0).normal(size=(4, 6, 6, 1)).astype("float32")
WORDS = np.random.default_rng(0).integers(0, 7, size=(4, 3))


@pytest.mark.parametrize(("pair", "X"), [(conv_pair, IMAGES), (table_pair, WORDS)], ids=["conv", "table"])
def test_both_directions(pair, X):
    torch_model, keras_model = pair()
    parity.copy_weights(keras_model, torch_model)
    parity.outputs_agree(torch_model, keras_model, X)
    fresh_torch, fresh_keras = pair()
    # Values that no initialiser makes, moving statistics included.
    arrays = [
        np.random.default_rng(i).uniform(0.5, 1, w.shape)
        for i, w in enumerate(torch_networks.weights(fresh_torch))
    ]
    torch_networks.set_weights(fresh_torch, [a.astype("float32") for a in arrays])
    parity.copy_weights(fresh_torch, fresh_keras)
    parity.outputs_agree(fresh_torch, fresh_keras, X)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "mish"])
def test_numpy_takes_part(activation):
    numpy_model = numpy_networks.mlp([3, 4, 2], activation, seed=1)
    X = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    for networks in (torch_networks, keras_networks):
        model = networks.mlp([3, 4, 2], activation, seed=2)
        with pytest.raises(AssertionError):
            parity.outputs_agree(numpy_model, model, X)
        parity.copy_weights(numpy_model, model)
        parity.outputs_agree(numpy_model, model, X)


def test_copies_are_independent():
    model = numpy_networks.mlp([2, 2])
    other = numpy_networks.mlp([2, 2], seed=5)
    parity.copy_weights(model, other)
    model.params[0] += 1
    assert not np.allclose(model.params[0], other.params[0])


def test_different_shapes_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        parity.copy_weights(torch_networks.mlp([2, 3, 1]), keras_networks.mlp([2, 4, 1]))
    with pytest.raises(ValueError, match="do not fit"):
        parity.copy_weights(keras_networks.mlp([2, 1]), torch_networks.mlp([2, 3, 1]))


def test_unknown_layers_and_models_are_refused():
    with pytest.raises(TypeError, match="LSTM"):
        torch_networks.weights(torch.nn.LSTM(2, 3))
    with pytest.raises(TypeError, match="dict is not a model"):
        parity.copy_weights({}, torch_networks.mlp([2, 1]))


@pytest.mark.parametrize("networks", [numpy_networks, torch_networks, keras_networks])
def test_unknown_activation_is_refused(networks):
    with pytest.raises(ValueError, match="no activation 'rleu'"):
        networks.mlp([2, 2, 1], "rleu")
