"""The NumPy activations: derivatives against finite differences, known values, the edges of float range."""

from functools import partial

import numpy as np
import pytest

from course_lib.from_scratch import activations as act

STEP = 1e-6
# Away from 0, where ReLU, leaky ReLU and ELU(alpha != 1) have a kink.
POINTS = np.concatenate([np.linspace(-6, -0.05, 60), np.linspace(0.05, 6, 60)])

ELEMENTWISE = act.ACTIVATIONS | {
    "leaky_relu slope 2": (partial(act.leaky_relu, slope=2.0), partial(act.leaky_relu_grad, slope=2.0)),
    "elu alpha 2": (partial(act.elu, alpha=2.0), partial(act.elu_grad, alpha=2.0)),
    "swish beta 3": (partial(act.swish, beta=3.0), partial(act.swish_grad, beta=3.0)),
    "gelu tanh form": (partial(act.gelu, approximate=True), partial(act.gelu_grad, approximate=True)),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_derivative_matches_finite_differences(name):
    function, derivative = ELEMENTWISE[name]
    slope = (function(POINTS + STEP) - function(POINTS - STEP)) / (2 * STEP)
    np.testing.assert_allclose(derivative(POINTS), slope, atol=2e-9)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_precision_and_shape_are_kept(name, dtype):
    Z = np.linspace(-2, 2, 12, dtype=dtype).reshape(2, 3, 2)
    for function in ELEMENTWISE[name]:
        A = function(Z)
        assert A.dtype == dtype
        assert A.shape == Z.shape


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_integers_and_lists_become_float64(name):
    for function in ELEMENTWISE[name]:
        A = function([-1, 0, 2])
        assert A.dtype == np.float64
        np.testing.assert_array_equal(A, function(np.array([-1.0, 0.0, 2.0])))


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_inputs_stay_finite_and_silent(name, dtype):
    Z = np.array([-1e4, -1000, -100, 0, 100, 1000, 1e4], dtype=dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for function in ELEMENTWISE[name]:
            assert np.isfinite(function(Z)).all()


@pytest.mark.parametrize(
    ("name", "value", "slope"),
    [
        ("linear", 0, 1),
        ("relu", 0, 0),
        ("leaky_relu", 0, 0.01),
        ("elu", 0, 1),
        ("sigmoid", 0.5, 0.25),
        ("tanh", 0, 1),
        ("softplus", np.log(2), 0.5),
        ("swish", 0, 0.5),
        ("gelu", 0, 0.5),
        ("mish", 0, 0.6),
    ],
)
def test_values_at_zero(name, value, slope):
    function, derivative = act.ACTIVATIONS[name]
    assert function(0.0) == pytest.approx(value, abs=1e-15)
    assert derivative(0.0) == pytest.approx(slope, abs=1e-15)


def test_every_name_is_listed_with_its_derivative():
    for name, (function, derivative) in act.ACTIVATIONS.items():
        assert getattr(act, name) is function
        assert getattr(act, f"{name}_grad") is derivative


def test_derivatives_do_not_round_to_zero_too_early():
    assert act.sigmoid_grad(100.0) == pytest.approx(np.exp(-100), rel=1e-12)
    assert act.tanh_grad(100.0) == pytest.approx(4 * np.exp(-200), rel=1e-12)
    assert act.softplus(-100.0) == pytest.approx(np.exp(-100), rel=1e-12)
    assert act.elu(-1e-20) == -1e-20


@pytest.mark.parametrize(
    ("function", "where", "minimum"),
    [
        (act.swish, -1.2784645, -0.2784645),
        (act.gelu, -0.7517916, -0.1699712),
        (act.mish, -1.1924, -0.3088434),
    ],
)
def test_minimum_of_the_smooth_ones(function, where, minimum):
    Z = np.linspace(-20, 20, 400_001)
    A = function(Z)
    assert A.min() == pytest.approx(minimum, abs=1e-7)
    assert Z[A.argmin()] == pytest.approx(where, abs=2e-4)


def test_gelu_forms_differ_by_what_the_paper_allows():
    Z = np.linspace(-8, 8, 2001)
    difference = np.abs(act.gelu(Z) - act.gelu(Z, approximate=True)).max()
    assert 1e-4 < difference < 5e-4


def test_softmax_known_values():
    np.testing.assert_allclose(act.softmax([2.0, 1.0, 0.1]), [0.65900114, 0.24243297, 0.09856589], atol=1e-8)
    np.testing.assert_allclose(act.softmax(np.zeros((2, 4))), np.full((2, 4), 0.25))


@pytest.mark.parametrize("axis", [0, 1, -1, 2])
def test_softmax_sums_to_one_along_its_axis_only(axis):
    Z = np.random.default_rng(0).normal(size=(3, 4, 5)) * 5
    A = act.softmax(Z, axis=axis)
    np.testing.assert_allclose(A.sum(axis=axis), 1)
    assert (A > 0).all()
    np.testing.assert_allclose(np.exp(act.log_softmax(Z, axis=axis)), A)


def test_softmax_ignores_a_common_shift_and_survives_huge_logits():
    Z = np.array([[1.0, 2.0, 3.0], [-1.0, 0.0, 0.5]])
    np.testing.assert_allclose(act.softmax(Z + 7), act.softmax(Z))
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_array_equal(act.softmax([1e30, 0.0]), [1, 0])
        np.testing.assert_allclose(act.softmax([1000.0, 1001.0]), act.softmax([0.0, 1.0]))
        np.testing.assert_allclose(act.log_softmax([1000.0, 0.0]), [0, -1000])


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize(
    ("function", "derivative"), [(act.softmax, act.softmax_grad), (act.log_softmax, act.log_softmax_grad)]
)
def test_softmax_gradients_match_finite_differences(function, derivative, axis):
    rng = np.random.default_rng(1)
    Z, grad = rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    numeric = np.empty_like(Z)
    for place in np.ndindex(Z.shape):
        step = np.zeros_like(Z)
        step[place] = STEP
        numeric[place] = (grad * (function(Z + step, axis) - function(Z - step, axis))).sum() / (2 * STEP)
    np.testing.assert_allclose(derivative(Z, grad, axis), numeric, atol=1e-8)


def test_softmax_jacobian_is_what_softmax_grad_multiplies_by():
    rng = np.random.default_rng(2)
    z, grad = rng.normal(size=5), rng.normal(size=5)
    J = act.softmax_jacobian(z)
    np.testing.assert_allclose(J.T @ grad, act.softmax_grad(z, grad))
    np.testing.assert_allclose(J.sum(axis=0), 0, atol=1e-15)


def test_softmax_jacobian_refuses_a_batch():
    with pytest.raises(ValueError, match=r"one vector of logits, got shape \(2, 3\)"):
        act.softmax_jacobian(np.zeros((2, 3)))
