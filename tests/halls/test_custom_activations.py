"""The hand-written activation modules inside models: a learnable beta crosses the halls and survives saving."""

import keras
import numpy as np
import torch

from course_lib import parity
from course_lib.keras import activations as keras_act
from course_lib.keras import losses as keras_losses
from course_lib.keras import networks as keras_networks
from course_lib.pytorch import activations as torch_act
from course_lib.pytorch import losses as torch_losses
from course_lib.pytorch import networks as torch_networks

X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = X[:, :2].copy()


def torch_model() -> torch.nn.Module:
    swish = torch_act.Swish(1.7, learnable=True)
    return torch.nn.Sequential(
        torch.nn.Linear(3, 4), swish, torch.nn.Linear(4, 4), torch_act.Mish(), torch.nn.Linear(4, 2)
    )


def keras_model() -> keras.Model:
    swish = keras_act.Swish(0.3, learnable=True)
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((3,)), dense(4), swish, dense(4), keras_act.Mish(), dense(2)])


def test_a_learnable_beta_is_copied_and_gets_the_same_gradient():
    a, b = torch_model(), keras_model()
    parity.copy_weights(a, b)
    assert [w.shape for w in keras_networks.weights(b)] == [w.shape for w in torch_networks.weights(a)]
    assert keras_networks.weights(b)[2] == np.float32(1.7)
    parity.outputs_agree(a, b, X)
    parity.gradients_agree(a, b, torch_losses.mse, keras_losses.mse, X, Y)


def test_a_fixed_beta_is_no_weight():
    assert list(torch_act.Swish(2.0).parameters()) == []
    assert keras_act.Swish(2.0).weights == []
    Z = np.linspace(-3, 3, 7, dtype="float32")
    parity.agree(
        "swish", torch_act.Swish(2.0)(torch.tensor(Z)), torch_act.swish(torch.tensor(Z), beta=2.0), tol=0
    )
    parity.agree("swish", keras_act.Swish(2.0)(Z), keras_act.swish(Z, beta=2.0), tol=0)


def test_keras_layers_survive_saving(tmp_path):
    model = keras_model()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.layers[1].learnable
    parity.outputs_agree(model, again, X, tol=0)
