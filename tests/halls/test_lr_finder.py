"""The range test in each hall: its rates, its end, and that it leaves no trace."""

from __future__ import annotations

import importlib
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4)).astype("float32")
Y = RNG.normal(size=(50, 2)).astype("float32")
HALLS = ["from_scratch", "pytorch", "keras"]
MODULES = ("networks", "losses", "optimizers", "training", "lr_finder")


def hall(name: str) -> SimpleNamespace:
    return SimpleNamespace(**{m: importlib.import_module(f"course_lib.{name}.{m}") for m in MODULES})


def parameters(model: object) -> object:
    # Keras first: on the torch backend its models are torch modules as well.
    if isinstance(model, keras.Model):
        return model.trainable_variables
    return list(model.parameters()) if isinstance(model, torch.nn.Module) else model.params


def network(h: SimpleNamespace) -> object:
    model = h.networks.mlp([4, 8, 2], "tanh")
    rng = np.random.default_rng(1)
    h.networks.set_weights(
        model, [rng.normal(size=w.shape).astype("float32") for w in h.networks.weights(model)]
    )
    return model


@pytest.mark.parametrize("name", HALLS)
def test_the_rates_are_those_asked_for_whatever_the_optimiser_has(name: str) -> None:
    h = hall(name)
    model = network(h)
    optimizer = h.optimizers.sgd(parameters(model), 7.0)
    curve = h.lr_finder.lr_range_test(model, X, Y, h.losses.mse, optimizer, lr_min=1e-5, lr_max=1e-1, steps=9)
    np.testing.assert_allclose(curve["lr"], 10.0 ** np.arange(-5, -0.9, 0.5))
    assert len(curve["loss"]) == len(curve["smooth"]) == 9
    weights = 0.9 ** np.arange(9)[::-1]
    assert curve["smooth"][-1] == pytest.approx(np.average(curve["loss"], weights=weights))


@pytest.mark.parametrize("optimizer_name", ["adam", "nadam", "lion"])
@pytest.mark.parametrize("name", HALLS)
def test_the_training_that_follows_is_the_one_without_it(name: str, optimizer_name: str) -> None:
    h = hall(name)
    ends = []
    for tested in (False, True):
        model = network(h)
        optimizer = getattr(h.optimizers, optimizer_name)(parameters(model), 0.01)
        fit = {"epochs": 1, "batch_size": 10}
        h.training.fit(model, X, Y, h.losses.mse, optimizer, **fit)
        if tested:
            h.lr_finder.lr_range_test(model, X, Y, h.losses.mse, optimizer, lr_min=1e-4, lr_max=1e9, steps=60)
        h.training.fit(model, X, Y, h.losses.mse, optimizer, **fit)
        ends.append(np.concatenate([w.ravel() for w in h.networks.weights(model)]))
    np.testing.assert_array_equal(ends[0], ends[1])
    assert np.isfinite(ends[0]).all()


@pytest.mark.parametrize("name", HALLS)
def test_it_stops_when_the_loss_explodes(name: str) -> None:
    h = hall(name)
    model = network(h)
    optimizer = h.optimizers.sgd(parameters(model), 0.1)
    curve = h.lr_finder.lr_range_test(
        model, X, Y, h.losses.mse, optimizer, lr_min=1e-3, lr_max=1e12, steps=90
    )
    smooth = np.array(curve["smooth"])
    assert len(smooth) < 90
    assert np.isfinite(smooth).all()
    assert (smooth[:-1] <= 4 * np.minimum.accumulate(smooth)[:-1]).all()


@pytest.mark.parametrize("name", HALLS)
def test_weights_come_back_after_an_error(name: str) -> None:
    h = hall(name)
    model = network(h)
    before = h.networks.weights(model)
    optimizer = h.optimizers.sgd(parameters(model), 0.1)
    with pytest.raises(Exception, match=r"."):
        # The second batch has a class that does not exist, or a shape that does not fit.
        h.lr_finder.lr_range_test(model, X, Y[:20], h.losses.mse, optimizer, lr_min=0.1, lr_max=1, steps=9)
    for a, b in zip(before, h.networks.weights(model), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", HALLS)
@pytest.mark.parametrize(("lr_min", "lr_max", "steps"), [(0, 1, 5), (1, 1, 5), (0.1, 1, 1)])
def test_nonsense_is_refused(name: str, lr_min: float, lr_max: float, steps: int) -> None:
    h = hall(name)
    model = network(h)
    optimizer = h.optimizers.sgd(parameters(model), 0.1)
    with pytest.raises(ValueError, match="lr_min"):
        h.lr_finder.lr_range_test(
            model, X, Y, h.losses.mse, optimizer, lr_min=lr_min, lr_max=lr_max, steps=steps
        )


def test_random_numbers_and_modes_are_as_before_in_pytorch() -> None:
    h = hall("pytorch")
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.Dropout(), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 2)
    )
    model.eval()
    mean = model[2].running_mean.clone()
    state = torch.random.get_rng_state()
    h.lr_finder.lr_range_test(
        model, X, Y, h.losses.mse, h.optimizers.sgd(model.parameters(), 0.1), lr_min=1e-3, lr_max=1, steps=5
    )
    assert torch.equal(state, torch.random.get_rng_state())
    assert not model.training
    assert torch.equal(mean, model[2].running_mean)
    assert all(w.grad is None for w in model.parameters())


def test_the_users_compile_stays_in_keras() -> None:
    h = hall("keras")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.5), loss="mae")
    before = [np.array(v) for v in model.variables]
    optimizer = keras.optimizers.SGD(0.1)
    h.lr_finder.lr_range_test(model, X, Y, h.losses.mse, optimizer, lr_min=1e-3, lr_max=1, steps=5)
    assert model.loss == "mae"
    assert float(model.optimizer.learning_rate) == 0.5
    for a, b in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(a, b)
    assert int(optimizer.iterations) == 0
    assert float(optimizer.learning_rate) == pytest.approx(0.1)
