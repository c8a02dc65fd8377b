"""The NumPy network's backward pass against finite differences, and its training."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from course_lib.from_scratch import autodiff, losses, networks, optimizers, training
from course_lib.from_scratch.activations import ACTIVATIONS

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 2))


def in_float64(activation: str) -> networks.MLP:
    params = networks.mlp([3, 5, 4, 2], activation, seed=1).params
    return networks.MLP([p.astype(np.float64) + 0.1 for p in params], activation)


@pytest.mark.parametrize(
    "activation", [name for name in ACTIVATIONS if name not in ("softmax", "log_softmax")]
)
@pytest.mark.parametrize("loss", [losses.mse, partial(losses.huber, delta=0.3)], ids=["mse", "huber"])
def test_backward_is_the_slope(activation, loss):
    model = in_float64(activation)
    grads = autodiff.gradients(model, loss, X, Y)
    assert [g.shape for g in grads] == [p.shape for p in model.params]
    for i, param in enumerate(model.params):

        def value(w, i=i):
            return loss(networks.MLP([*model.params[:i], w, *model.params[i + 1 :]], activation)(X), Y)

        np.testing.assert_allclose(grads[i], autodiff.finite_differences(value, param), rtol=1e-5, atol=1e-8)


def test_backward_needs_a_forward_pass():
    with pytest.raises(RuntimeError, match="forward pass first"):
        networks.mlp([2, 1]).backward(np.ones((1, 1)))


def test_loss_without_derivative_is_refused():
    def cubic(y_hat, y):
        return np.mean((y_hat - y) ** 3)

    with pytest.raises(ValueError, match="define cubic_grad"):
        autodiff.gradients(networks.mlp([3, 2]), cubic, X, Y)


def test_finite_differences_leave_the_point_alone():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    grad = autodiff.finite_differences(lambda v: float((v**3).sum()), x)
    np.testing.assert_allclose(grad, 3 * x**2, rtol=1e-7)
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])


def test_initial_weights():
    relu, tanh = networks.mlp([400, 300, 1]).params, networks.mlp([400, 300, 1], "tanh").params
    assert relu[0].std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)
    assert np.abs(tanh[0]).max() <= np.sqrt(6 / 700) < np.abs(tanh[0]).max() * 1.01
    assert all((b == 0).all() for b in relu[1::2])
    assert not np.array_equal(relu[0], networks.mlp([400, 300, 1], seed=1).params[0])


def test_fit_learns_and_reports_each_epoch():
    X = RNG.normal(size=(200, 3)).astype("float32")
    y = X @ np.array([[1.0], [-2.0], [0.5]], dtype="float32")
    model = networks.mlp([3, 1])
    history = training.fit(
        model, X, y, losses.mse, optimizers.sgd(model.params, lr=0.1), epochs=30, validation=(X[:20], y[:20])
    )
    assert len(history["loss"]) == len(history["val_loss"]) == 30
    assert history["loss"][0] > 1 > 1e-3 > history["val_loss"][-1]


def test_first_epoch_loss_is_weighted_by_batch_size():
    """With a learning rate of zero the epoch's loss is the loss of the whole set, whatever the batches."""
    model = in_float64("tanh")
    history = training.fit(
        model, X, Y, losses.mse, optimizers.sgd(model.params, lr=0.0), epochs=1, batch_size=4
    )
    assert history["loss"][0] == pytest.approx(losses.mse(model(X), Y))
