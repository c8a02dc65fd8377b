"""What the probes find, and that they leave no trace. The twins' agreement is a case of ``cases.py``.

Runs on the Keras backend that is active; ``test_torch_backend.py`` runs it once more on the other one.
"""

import keras
import numpy as np
import pytest
import torch

from course_lib.from_scratch import losses, networks, probes
from course_lib.keras import losses as keras_losses
from course_lib.keras import probes as keras_probes
from course_lib.pytorch import losses as torch_losses
from course_lib.pytorch import probes as torch_probes

RNG = np.random.default_rng(0)
# Keras computes in float32 on its torch backend, and so does a check there.
SMALL = 1e-6 if keras.backend.backend() == "tensorflow" else 2e-2
X = RNG.normal(size=(16, 4)).astype("float32")
Y = RNG.normal(size=(16, 2)).astype("float32")


def torch_net(*inside):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), *inside, torch.nn.Linear(6, 2))


def keras_net(*inside):
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((4,)), dense(6), *inside, dense(2)])


HALLS = {
    "from_scratch": (probes, losses.mse, lambda: networks.mlp([4, 6, 2], "relu")),
    "pytorch": (torch_probes, torch_losses.mse, lambda: torch_net(torch.nn.ReLU())),
    "keras": (keras_probes, keras_losses.mse, lambda: keras_net(keras.layers.ReLU())),
}


@pytest.fixture(params=HALLS)
def hall(request):
    module, loss, make = HALLS[request.param]
    return module, loss, make()


def first_weight(model):
    """The first weight matrix, to be changed in place by ``put``."""
    if hasattr(model, "params"):
        return model.params[0], lambda value: model.params[0].__setitem__(..., value)
    if isinstance(model, keras.Model):
        return keras.ops.convert_to_numpy(model.weights[0]), model.weights[0].assign
    parameter = next(model.parameters())
    return parameter.detach().numpy().copy(), lambda value: parameter.data.copy_(torch.tensor(value))


def test_layers_are_named_in_order(hall):
    module, loss, model = hall
    names = list(module.activations(model, X))
    assert [name.split()[0] for name in names] == ["0", "1", "2"]
    assert [A.shape for A in module.activations(model, X).values()] == [(16, 6), (16, 6), (16, 2)]
    parameters = list(module.weight_statistics(model))
    assert [name.split(".")[0] for name in parameters] == ["0", "0", "2", "2"]
    assert list(module.gradient_statistics(model, loss, X, Y)) == parameters


def test_right_gradients_pass_and_dead_units_are_counted(hall):
    module, loss, model = hall
    assert max(module.check_gradients(model, loss, X, Y).values()) < SMALL
    w, put = first_weight(model)
    put(np.zeros_like(w))
    assert [s["dead"] for s in module.activation_statistics(model, X).values()] == [1, 1, 1]


def test_the_first_fault_is_named(hall):
    module, loss, model = hall
    bad = X.copy()
    assert module.first_non_finite(model, loss, X, Y) is None
    bad[3, 1] = np.nan
    assert module.first_non_finite(model, loss, bad, Y) == "input X"
    assert module.first_non_finite(
        model, loss, X, np.where(np.arange(32).reshape(16, 2) == 5, np.inf, Y)
    ) == ("target y")
    w, put = first_weight(model)
    put(np.full_like(w, 3e38))
    with np.errstate(all="ignore"):
        assert module.first_non_finite(model, loss, X, Y).startswith("output of 0 ")
        put(np.full_like(w, np.nan))
        assert module.first_non_finite(model, loss, X, Y).startswith("weight 0.")


def test_a_gradient_can_be_the_first_fault():
    def torch_loss(y_hat, y):
        return torch.sqrt((y_hat * 0).sum())

    def keras_loss(y_hat, y):
        return keras.ops.sqrt(keras.ops.sum(y_hat * 0))

    assert torch_probes.first_non_finite(torch_net(), torch_loss, X, Y) == "gradient of 1.bias"
    assert keras_probes.first_non_finite(keras_net(), keras_loss, X, Y) == "gradient of 1.bias"


def test_torch_probes_leave_no_trace():
    model = torch_net(torch.nn.BatchNorm1d(6), torch.nn.ReLU(inplace=True), torch.nn.Dropout(0.5))
    model[1].eval()  # a frozen layer in a model that trains
    model[0].weight.grad = torch.ones_like(model[0].weight)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    random = torch.get_rng_state()
    seen = torch_probes.activations(model, X)
    torch_probes.gradient_statistics(model, torch_losses.mse, X, Y)
    torch_probes.first_non_finite(model, torch_losses.mse, X, Y)
    assert max(torch_probes.check_gradients(model, torch_losses.mse, X, Y).values()) < 1e-6
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert [m.training for m in model] == [True, False, True, True, True]
    assert not any(m._forward_hooks for m in model.modules())
    assert torch.equal(model[0].weight.grad, torch.ones_like(model[0].weight))
    assert seen["1 BatchNorm1d"].min() < 0 <= seen["2 ReLU"].min()  # the in-place ReLU did not overwrite it


def test_torch_hooks_go_when_the_model_fails():
    model = torch_net()
    with pytest.raises(RuntimeError):
        torch_probes.activations(model, X[:, :3])
    assert model.training
    assert not any(m._forward_hooks for m in model.modules())


def test_keras_probes_leave_no_trace():
    model = keras_net(keras.layers.BatchNormalization(), keras.layers.ReLU(), keras.layers.Dropout(0.5))
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in model.variables]
    keras_probes.activations(model, X)
    keras_probes.gradient_statistics(model, keras_losses.mse, X, Y)
    keras_probes.first_non_finite(model, keras_losses.mse, X, Y)
    assert max(keras_probes.check_gradients(model, keras_losses.mse, X, Y).values()) < SMALL
    after = [keras.ops.convert_to_numpy(v) for v in model.variables]
    assert all(np.array_equal(a, b) for a, b in zip(after, before, strict=True))
    assert len(model.outputs) == 1


def test_layers_with_several_outputs_and_several_calls():
    class Twice(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.act = torch.nn.LSTM(4, 3, batch_first=True), torch.nn.ReLU()

        def forward(self, x):
            return self.act(self.act(self.lstm(x)[0]))

    sequence = RNG.normal(size=(5, 7, 4)).astype("float32")
    assert list(torch_probes.activations(Twice(), sequence)) == [
        "lstm LSTM [0]",
        "lstm LSTM [1]",
        "lstm LSTM [2]",
        "act ReLU",
        "act ReLU (2)",
    ]
    inputs = keras.Input((7, 4))
    all_steps, _, _ = keras.layers.LSTM(3, return_sequences=True, return_state=True)(inputs)
    model = keras.Model(inputs, keras.layers.ReLU()(all_steps))
    assert list(keras_probes.activations(model, sequence)) == [
        "0 LSTM [0]",
        "0 LSTM [1]",
        "0 LSTM [2]",
        "1 ReLU",
    ]


def test_a_model_that_is_one_layer():
    assert list(torch_probes.activations(torch.nn.Linear(4, 2), X)) == ["Linear"]


def test_an_unused_parameter_has_gradient_zero():
    class Forgetful(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)

        def forward(self, x):
            return self.used(x)

    found = torch_probes.gradient_statistics(Forgetful(), torch_losses.mse, X, Y)
    assert found["unused.weight"]["norm"] == 0 < found["used.weight"]["norm"]
    inputs = keras.Input((4,))
    used, unused = keras.layers.Dense(2), keras.layers.Dense(2)
    model = keras.Model(inputs, used(inputs) + 0 * keras.ops.stop_gradient(unused(inputs)))
    found = keras_probes.gradient_statistics(model, keras_losses.mse, X, Y)
    assert sorted(round(s["norm"], 3) == 0 for s in found.values()) == [False, False, True, True]


def test_a_keras_model_without_input_is_refused():
    model = keras.Sequential([keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="no single known output"):
        keras_probes.activations(model, X)


def test_wrong_gradients_are_caught():
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            return z * z

        @staticmethod
        def backward(ctx, upstream):
            return upstream

    class Layer(torch.nn.Module):
        def forward(self, z):
            return Wrong.apply(z)

    errors = torch_probes.check_gradients(torch_net(Layer()), torch_losses.mse, X, Y)
    assert min(errors["0.weight"], errors["0.bias"]) > 1e-2
    assert max(errors["2.weight"], errors["2.bias"]) < 1e-6

    @keras.ops.custom_gradient
    def wrong(z):
        def grad(*args, upstream=None):
            return args[0] if upstream is None else upstream

        return z * z, grad

    class KerasLayer(keras.layers.Layer):
        def call(self, z):
            return wrong(z)

    errors = keras_probes.check_gradients(keras_net(KerasLayer()), keras_losses.mse, X, Y)
    assert min(errors["0.kernel"], errors["0.bias"]) > 0.1
    assert max(errors["2.kernel"], errors["2.bias"]) < SMALL

    class WrongNet(networks.MLP):
        def backward(self, grad):
            grads = super().backward(grad)
            return [g * 2 if g.shape == (6,) else g for g in grads]

    found = probes.check_gradients(WrongNet(networks.mlp([4, 6, 2]).params, "relu"), losses.mse, X, Y)
    assert [error > 1e-2 for error in found.values()] == [False, True, False, False]
