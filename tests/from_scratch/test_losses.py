"""Losses in NumPy: known values, derivatives against finite differences, corners where formulas break."""

from functools import partial

import numpy as np
import pytest

from course_lib.from_scratch import losses
from course_lib.from_scratch.activations import log_softmax
from course_lib.from_scratch.autodiff import derivative_of, finite_differences

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(7, 4)) * 2
LABELS = RNG.integers(0, 4, 7)
ONE_HOT = np.eye(4)[LABELS]
SOFT = RNG.dirichlet(np.ones(4), 7)
PROBS = RNG.uniform(0.02, 0.98, (5, 3, 3))
MASKS = (RNG.uniform(size=(5, 3, 3)) > 0.6).astype(float)
MASKS[0] = 0
ALPHA = np.array([0.1, 0.4, 2.0, 1.0])

CASES = {
    "mse": (losses.mse, Z, SOFT),
    "mae": (losses.mae, Z, SOFT),
    "huber 0.5": (partial(losses.huber, delta=0.5), Z, SOFT),
    "huber 1": (losses.huber, Z, SOFT),
    "smooth_l1 2": (partial(losses.smooth_l1, beta=2.0), Z, SOFT),
    "binary_cross_entropy": (losses.binary_cross_entropy, Z, ONE_HOT),
    "binary_cross_entropy soft": (losses.binary_cross_entropy, Z, SOFT),
    "categorical": (losses.categorical_cross_entropy, Z, SOFT),
    "categorical, rows not summing to 1": (losses.categorical_cross_entropy, Z, SOFT * 3),
    "sparse": (losses.sparse_categorical_cross_entropy, Z, LABELS),
    "sparse, sequences": (losses.sparse_categorical_cross_entropy, Z.reshape(1, 7, 4), LABELS[None]),
    "nll": (losses.negative_log_likelihood, log_softmax(Z), LABELS),
    "hinge": (losses.hinge, Z[:, 0], np.where(LABELS > 1, 1, -1)),
    "kl": (losses.kl_divergence, log_softmax(Z), SOFT),
    "focal 2": (losses.focal, Z, LABELS),
    "focal 0": (partial(losses.focal, gamma=0.0), Z, LABELS),
    "focal 0.5 alpha": (partial(losses.focal, gamma=0.5, alpha=ALPHA), Z, LABELS),
    "dice": (losses.dice, PROBS, MASKS),
    "dice, little smoothing": (partial(losses.dice, smoothing=1e-3), PROBS, MASKS),
    "mixture": (losses.weighted_sum([(losses.mse, 0.7), (partial(losses.huber, delta=0.3), 0.3)]), Z, SOFT),
}


@pytest.mark.parametrize("case", CASES)
def test_derivative_is_the_slope(case: str) -> None:
    loss, y_hat, y = CASES[case]
    slope = finite_differences(lambda x: loss(x, y), y_hat)
    grad = derivative_of(loss)(y_hat, y)
    assert grad.shape == y_hat.shape
    np.testing.assert_allclose(grad, slope, atol=1e-8)


@pytest.mark.parametrize("case", CASES)
def test_float32_stays_float32_and_agrees(case: str) -> None:
    loss, y_hat, y = CASES[case]
    small = np.asarray(y_hat, dtype=np.float32)
    assert loss(small, y) == pytest.approx(loss(y_hat, y), abs=2e-6)
    assert derivative_of(loss)(small, y).dtype == np.float32


@pytest.mark.parametrize("position", [0, 1, 2])
def test_triplet_derivatives(position: int) -> None:
    points = [RNG.normal(size=(6, 3)) for _ in range(3)]
    grads = losses.triplet_grad(*points)

    def moved(x: np.ndarray) -> float:
        return losses.triplet(*[x if i == position else p for i, p in enumerate(points)])

    np.testing.assert_allclose(grads[position], finite_differences(moved, points[position]), atol=1e-8)


@pytest.mark.parametrize("penalty", ["l1_penalty", "l2_penalty"])
def test_penalty_derivatives(penalty: str) -> None:
    W, b = RNG.normal(size=(3, 2)), RNG.normal(size=2)
    function = getattr(losses, penalty)
    grads = getattr(losses, f"{penalty}_grad")([W, b], 0.3)
    np.testing.assert_allclose(grads[0], finite_differences(lambda x: function([x, b], 0.3), W), atol=1e-8)
    np.testing.assert_allclose(grads[1], finite_differences(lambda x: function([W, x], 0.3), b), atol=1e-8)


def test_values_worked_out_by_hand() -> None:
    error = np.array([3.0, -0.5])
    zero = np.zeros(2)
    assert losses.mse(error, zero) == pytest.approx((9 + 0.25) / 2)
    assert losses.mae(error, zero) == pytest.approx(1.75)
    assert losses.huber(error, zero) == pytest.approx((2.5 + 0.125) / 2)
    assert losses.huber(error, zero, delta=0.5) == pytest.approx((1.375 + 0.125) / 2)
    assert losses.smooth_l1(error, zero, beta=0.5) == pytest.approx((2.75 + 0.25) / 2)
    assert losses.binary_cross_entropy(np.log([99.0]), [1]) == pytest.approx(-np.log(0.99))
    assert losses.sparse_categorical_cross_entropy(np.zeros((3, 5)), [0, 1, 4]) == pytest.approx(np.log(5))
    assert losses.hinge([0.3, -2.0], [1, -1]) == pytest.approx(0.35)
    assert losses.kl_divergence(np.log([[0.5, 0.5]]), [[1.0, 0.0]]) == pytest.approx(np.log(2))
    assert losses.focal(np.log([[0.9, 0.1]]), [0]) == pytest.approx(-(0.1**2) * np.log(0.9))
    assert losses.dice([[1.0, 0.0, 1.0]], [[1, 1, 0]], smoothing=0) == pytest.approx(1 - 2 / 4)
    triple = [np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]]), np.array([[0.0, 5.5]])]
    assert losses.triplet(*triple) == pytest.approx(0.5, abs=1e-5)
    assert losses.l1_penalty([np.array([1.0, -2.0]), np.array(3.0)], 0.1) == pytest.approx(0.6)
    assert losses.l2_penalty([np.array([1.0, -2.0]), np.array(3.0)], 0.1) == pytest.approx(1.4)


def test_one_hot_sparse_and_log_likelihood_are_one_loss() -> None:
    sparse = losses.sparse_categorical_cross_entropy(Z, LABELS)
    assert losses.categorical_cross_entropy(Z, ONE_HOT) == pytest.approx(sparse)
    assert losses.negative_log_likelihood(log_softmax(Z), LABELS) == pytest.approx(sparse)
    assert losses.focal(Z, LABELS, gamma=0.0) == pytest.approx(sparse)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [40.0, 1e4, 1e30])
def test_huge_logits_stay_finite_and_keep_their_slope(dtype: type, size: float) -> None:
    z = np.array([[size, -size], [-size, size]], dtype=dtype)
    y = np.array([1, 1])
    with np.errstate(all="raise", under="ignore"):
        assert losses.binary_cross_entropy(z[:, 0], y) == pytest.approx(size / 2)
        np.testing.assert_allclose(losses.binary_cross_entropy_grad(z[:, 0], y), [0, -0.5], atol=1e-12)
        assert losses.sparse_categorical_cross_entropy(z, y) == pytest.approx(size)
        assert losses.categorical_cross_entropy(z, np.eye(2)[y]) == pytest.approx(size)
        for gamma in (0.0, 0.5, 1.0, 2.0):
            assert losses.focal(z, y, gamma) == pytest.approx(size)
            np.testing.assert_allclose(
                losses.focal_grad(z, y, gamma), [[0.5, -0.5], [0, 0]], atol=1e-3 if gamma else 1e-12
            )


def test_confident_and_right_keeps_its_digits() -> None:
    assert losses.binary_cross_entropy(np.array([30.0]), [1]) == pytest.approx(np.exp(-30.0), rel=1e-9)


def test_empty_masks() -> None:
    empty = np.zeros((2, 4, 4))
    assert losses.dice(empty, empty) == 0
    assert np.all(np.isfinite(losses.dice_grad(empty, empty)))
    assert 0 < losses.dice(empty + 0.5, empty) < 1
    with np.errstate(invalid="ignore"):
        assert np.isnan(losses.dice(empty, empty, smoothing=0.0))


def test_dice_lies_between_0_and_1() -> None:
    masks = (RNG.uniform(size=(300, 6)) > 0.7).astype(float)
    values = [losses.dice(p[None], m[None]) for p, m in zip(RNG.uniform(size=(300, 6)), masks, strict=True)]
    assert 0 <= min(values) < max(values) <= 1


def test_dice_averages_over_samples() -> None:
    both = losses.dice(PROBS, MASKS)
    assert both == pytest.approx(
        np.mean([losses.dice(p[None], m[None]) for p, m in zip(PROBS, MASKS, strict=True)])
    )


def test_same_point_twice_has_a_finite_triplet_derivative() -> None:
    same = np.ones((2, 3))
    assert all(np.all(np.isfinite(grad)) for grad in losses.triplet_grad(same, same, same))
    assert losses.triplet(same, same, same, margin=0.25) == pytest.approx(0.25)


def test_kl_counts_zero_times_log_zero_as_zero() -> None:
    p = np.array([[0.0, 1.0]])
    assert losses.kl_divergence(np.log([[0.25, 0.75]]), p) == pytest.approx(-np.log(0.75))
    assert losses.kl_divergence(np.log(SOFT), SOFT) == pytest.approx(0, abs=1e-12)


def test_focal_weighs_classes() -> None:
    per_class = [losses.focal(Z[i : i + 1], LABELS[i : i + 1]) for i in range(7)]
    expected = np.mean(ALPHA[LABELS] * per_class)
    assert losses.focal(Z, LABELS, alpha=ALPHA) == pytest.approx(expected)


def test_mixture_is_linear() -> None:
    mix = losses.weighted_sum([(losses.mse, 0.7), (losses.mae, 0.3)])
    assert mix(Z, SOFT) == pytest.approx(0.7 * losses.mse(Z, SOFT) + 0.3 * losses.mae(Z, SOFT))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: losses.mse(np.zeros((3, 1)), np.zeros(3)), "differ in shape"),
        (lambda: losses.binary_cross_entropy(np.zeros((3, 1)), np.zeros(3)), "differ in shape"),
        (lambda: losses.sparse_categorical_cross_entropy(np.zeros((3, 2)), ONE_HOT[:3, :2]), "one integer"),
        (lambda: losses.sparse_categorical_cross_entropy(np.zeros((2, 2)), [0.0, 1.0]), "must be integers"),
        (lambda: losses.sparse_categorical_cross_entropy(np.zeros((2, 2)), [0, 2]), "0..1"),
        (lambda: losses.focal(np.zeros((2, 2)), [0, -1]), "0..1"),
        (lambda: losses.hinge([0.5], [0]), "-1 and"),
        (lambda: losses.weighted_sum([]), "at least one"),
    ],
)
def test_bad_input_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
