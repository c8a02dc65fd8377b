"""``agree`` returns the largest difference and refuses what does not agree."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import torch

from course_lib import parity
from course_lib.keras import losses as keras_losses
from course_lib.keras import networks as keras_networks
from course_lib.pytorch import losses as torch_losses
from course_lib.pytorch import networks as torch_networks


def test_largest_difference(capsys):
    assert parity.agree("x", [1.0, 2.0], [1.0, 2.5], tol=1) == 0.5
    assert capsys.readouterr().out == "x: largest difference 5.0e-01 (allowed 1e+00)\n"


def test_every_kind_of_tensor():
    array = np.array([1.0, 2.0], dtype="float32")
    tensors = [
        array,
        torch.tensor(array, requires_grad=True),
        keras.ops.convert_to_tensor(array),
        keras.Variable(array),
        [1.0, 2.0],
    ]
    for tensor in tensors:
        assert parity.agree("same", tensor, array) == 0
    assert parity.agree("lists", tensors[:4], [array] * 4) == 0
    assert parity.agree("integers", np.array([3]), np.array([5]), tol=2) == 2


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0], [1.1], "largest difference is 1.0e-01, more than 1e-05"),
        ([np.nan], [1.0], "largest difference is nan"),
        ([1.0], [1.0, 2.0], "shapes differ"),
        ([np.ones(2), np.ones(3)], [np.ones(2)], "shapes differ"),
    ],
)
def test_disagreement_is_refused(a, b, message):
    with pytest.raises(AssertionError, match=message):
        parity.agree("x", a, b)


def test_gradients():
    torch_model, keras_model = torch_networks.mlp([3, 4, 1]), keras_networks.mlp([3, 4, 1])
    X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    y = np.ones((6, 1), dtype="float32")
    arguments = (torch_model, keras_model, torch_losses.mse, keras_losses.mse, X, y)
    with pytest.raises(AssertionError):
        parity.gradients_agree(*arguments)
    parity.copy_weights(torch_model, keras_model)
    assert parity.gradients_agree(*arguments) < 1e-5
