"""Counting and listing layers: containers, layers that are used twice, models of one's own, several outputs."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch
from torch import nn

from course_lib.from_scratch import layers as numpy_layers
from course_lib.from_scratch import networks as numpy_networks
from course_lib.keras import layers as keras_layers
from course_lib.pytorch import layers as torch_layers

X = np.ones((5, 4), np.float32)


def test_numpy_network():
    model = numpy_networks.mlp([4, 3, 2], "tanh")
    assert numpy_layers.count(model) == 4 * 3 + 3 + 3 * 2 + 2
    assert numpy_layers.summary(model, X) == [
        ("dense", (5, 3), 15),
        ("tanh", (5, 3), 0),
        ("dense", (5, 2), 8),
    ]


class TorchShared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return self.scale * self.block(self.block(X))


class KerasShared(keras.Model):
    def __init__(self) -> None:
        super().__init__()
        self.block = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4), keras.layers.Dropout(0.5)])
        self.scale = self.add_weight(shape=(1,), initializer="ones")

    def call(self, X, training=None):
        return self.scale * self.block(self.block(X, training=training), training=training)


@pytest.mark.parametrize("side", ["torch", "keras"])
def test_a_layer_used_twice_is_listed_twice_and_counted_once(side):
    layers, model = (torch_layers, TorchShared()) if side == "torch" else (keras_layers, KerasShared())
    rows = layers.summary(model, X)
    assert [size for _, _, size in rows] == [20, 0, 0, 0, 1]
    assert [shape for _, shape, _ in rows] == [(5, 4)] * 5
    assert layers.count(model) == 21
    assert rows[-1][0] == type(model).__name__


def test_frozen_parameters_do_not_count():
    model = nn.Linear(4, 3)
    model.bias.requires_grad = False
    assert torch_layers.count(model) == 12
    assert torch_layers.summary(model, X) == [("Linear", (5, 3), 12)]
    dense = keras.layers.Dense(3)
    assert keras_layers.summary(dense, X) == [("Dense", (5, 3), 15)]
    dense.trainable = False
    assert keras_layers.count(dense) == 0
    assert keras_layers.summary(dense, X) == [("Dense", (5, 3), 0)]


def test_layers_with_several_inputs_and_outputs():
    steps = np.ones((2, 7, 8), np.float32)
    assert torch_layers.summary(nn.LSTM(8, 3, batch_first=True), steps)[0][1] == (2, 7, 3)
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    assert torch_layers.summary(attention, steps, steps, steps) == [
        ("MultiheadAttention", (2, 7, 8), 4 * (64 + 8))
    ]
    lstm = keras.layers.LSTM(3, return_sequences=True, return_state=True)
    assert keras_layers.summary(lstm, steps)[0][1] == (2, 7, 3)
    attention = keras.layers.MultiHeadAttention(2, 4)
    assert keras_layers.summary(attention, steps, steps, steps) == [
        ("MultiHeadAttention", (2, 7, 8), 4 * (64 + 8))
    ]


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).train()
    torch_layers.summary(model, X)
    assert model.training
    assert not model[0]._forward_hooks
    assert float(model[1].num_batches_tracked) == 0
    twin = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()])
    before = twin.get_weights()
    keras_layers.summary(twin, X)
    assert all(np.array_equal(a, b) for a, b in zip(before, twin.get_weights(), strict=True))
    assert not any("call" in vars(layer) for layer in twin.layers)


@pytest.mark.parametrize("side", ["torch", "keras"])
def test_a_failing_call_leaves_nothing_behind(side):
    wrong = np.ones((5, 6), np.float32)
    model = (
        nn.Sequential(nn.Linear(4, 3))
        if side == "torch"
        else keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    )
    layers = torch_layers if side == "torch" else keras_layers
    with pytest.raises((RuntimeError, ValueError)):
        layers.summary(model, wrong)
    assert len(layers.summary(model, X)) == 1


def test_empty_model_counts_nothing():
    assert torch_layers.count(nn.ReLU()) == 0 == keras_layers.count(keras.layers.ReLU())
