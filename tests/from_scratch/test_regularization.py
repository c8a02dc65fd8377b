"""Normalisation against finite differences, dropout's mean, soft labels, bounded norms, moved pictures."""

import numpy as np
import pytest

from course_lib.data import affine_maps
from course_lib.from_scratch import networks
from course_lib.from_scratch import regularization as reg
from course_lib.from_scratch.autodiff import finite_differences

RNG = np.random.default_rng(0)
Z = RNG.normal(1.5, 2.0, size=(6, 4))
GAMMA, BETA = RNG.normal(size=4), RNG.normal(size=4)
UP = RNG.normal(size=(6, 4))
PICTURES = RNG.random((5, 7, 6)).astype(np.float32)


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
def test_normalisation_derivatives(name: str) -> None:
    forward, backward = getattr(reg, name), getattr(reg, f"{name}_grad")
    grads = backward(Z, GAMMA, UP, 0.1)
    slopes = [
        finite_differences(lambda z: (UP * forward(z, GAMMA, BETA, 0.1)).sum(), Z),
        finite_differences(lambda g: (UP * forward(Z, g, BETA, 0.1)).sum(), GAMMA),
        finite_differences(lambda b: (UP * forward(Z, GAMMA, b, 0.1)).sum(), BETA),
    ]
    for grad, slope in zip(grads, slopes, strict=True):
        np.testing.assert_allclose(grad.reshape(slope.shape), slope, atol=1e-7)


@pytest.mark.parametrize(("name", "axis"), [("batch_norm", 0), ("layer_norm", 1)])
def test_normalised_means_and_deviations(name: str, axis: int) -> None:
    out = getattr(reg, name)(Z, np.ones(4), np.zeros(4), 0.0)
    np.testing.assert_allclose(out.mean(axis=axis), 0, atol=1e-12)
    np.testing.assert_allclose(out.std(axis=axis), 1, atol=1e-12)


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
def test_leading_axes_are_separate_networks(name: str) -> None:
    many = np.stack([Z, 3 * Z - 1, RNG.normal(size=Z.shape)])
    forward, backward = getattr(reg, name), getattr(reg, f"{name}_grad")
    gamma, up = np.stack([GAMMA, BETA, GAMMA])[:, None], np.stack([UP, UP, 2 * UP])
    for i in range(3):
        np.testing.assert_allclose(forward(many, gamma, BETA)[i], forward(many[i], gamma[i], BETA))
        both = zip(backward(many, gamma, up), backward(many[i], gamma[i], up[i]), strict=True)
        for all_of_them, one in both:
            np.testing.assert_allclose(all_of_them[i], one, atol=1e-12)


def test_dropout_keeps_the_mean_and_says_where() -> None:
    A = np.ones((400, 500), np.float32)
    dropped, mask = reg.dropout(A, 0.3, np.random.default_rng(1))
    assert dropped.dtype == mask.dtype == np.float32
    assert dropped.mean() == pytest.approx(1, abs=0.01)
    assert (dropped == 0).mean() == pytest.approx(0.3, abs=0.005)
    np.testing.assert_allclose(np.unique(mask), [0, 1 / 0.7], rtol=1e-6)
    np.testing.assert_array_equal(reg.dropout(A, 0.0, np.random.default_rng(1))[0], A)


def test_dropout_with_a_rate_per_network() -> None:
    rates = np.array([0.0, 0.5, 0.9])[:, None, None]
    _, mask = reg.dropout(np.ones((3, 200, 200)), rates, np.random.default_rng(1))
    np.testing.assert_allclose((mask == 0).mean(axis=(1, 2)), [0, 0.5, 0.9], atol=0.01)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 5])
def test_dropout_refuses_rates_that_are_no_share(rate: float) -> None:
    with pytest.raises(ValueError, match="share"):
        reg.dropout(Z, rate, RNG)


def test_smooth_labels() -> None:
    soft = reg.smooth_labels([2, 0], 4, 0.1)
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft, [[0.025, 0.025, 0.925, 0.025], [0.925, 0.025, 0.025, 0.025]], atol=1e-7)
    np.testing.assert_array_equal(reg.smooth_labels([1], 3, 0.0), [[0, 1, 0]])
    with pytest.raises(ValueError, match="share"):
        reg.smooth_labels([1], 3, 1.5)


def test_limit_norms_shortens_long_columns_only() -> None:
    model = networks.mlp([3, 2, 2])
    W, b = np.array([[3.0, 0.3], [4.0, 0.4], [0.0, 0.0]], np.float32), np.array([9.0, 9.0], np.float32)
    second = np.zeros((2, 2), np.float32)
    networks.set_weights(model, [W, b, second, b])
    reg.limit_norms(model, 1.0)
    np.testing.assert_allclose(model.params[0], [[0.6, 0.3], [0.8, 0.4], [0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(model.params[1], b)
    np.testing.assert_array_equal(model.params[2], second)


def one_map(*rows: list[float]) -> np.ndarray:
    return np.repeat(np.array([rows], np.float32), len(PICTURES), axis=0)


def test_warp_moves_whole_pixels_exactly() -> None:
    np.testing.assert_array_equal(reg.warp(PICTURES, one_map([1, 0, 0], [0, 1, 0])), PICTURES)
    right = reg.warp(PICTURES, one_map([1, 0, -2], [0, 1, 0]))
    np.testing.assert_array_equal(right[:, :, 2:], PICTURES[:, :, :-2])
    assert not right[:, :, :2].any()
    mirrored = reg.warp(PICTURES, one_map([-1, 0, 0], [0, 1, 0]))
    np.testing.assert_array_equal(mirrored, PICTURES[:, :, ::-1])
    square = PICTURES[:, :6]
    turned = reg.warp(square, one_map([0, -1, 0], [1, 0, 0]))
    np.testing.assert_allclose(turned, np.rot90(square, axes=(1, 2)), atol=1e-6)


def test_warp_takes_colour_and_fades_at_the_edge() -> None:
    colour = np.stack([PICTURES, 2 * PICTURES], axis=-1)
    maps = affine_maps(5, np.random.default_rng(2), degrees=20, shift=1.5, zoom=0.2)
    out = reg.warp(colour, maps)
    np.testing.assert_allclose(out[..., 1], 2 * out[..., 0], rtol=1e-5)
    half = reg.warp(np.ones((1, 3, 3), np.float32), np.array([[[1, 0, -0.5], [0, 1, 0]]], np.float32))
    np.testing.assert_allclose(half[0, 0], [0.5, 1, 1])
