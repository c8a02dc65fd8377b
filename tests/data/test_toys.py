import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from course_lib import data
from course_lib.data.toys import integrated_bayes_error

TOYS = [
    (data.gaussians, {}),
    (data.gaussians, {"distance": 1.0, "noise": 0.5}),
    (data.xor, {}),
    (data.xor, {"noise": 0.8}),
    (data.two_moons, {}),
    (data.two_moons, {"noise": 0.4}),
    (data.circles, {}),
    (data.circles, {"noise": 0.3}),
]


@pytest.mark.parametrize(("make", "arguments"), TOYS)
def test_the_best_rule_makes_the_stated_share_of_mistakes(make, arguments):
    n = 60_000
    toy = make(n=n, seed=1, **arguments)
    mistakes = np.mean(toy.bayes_predict(toy.X) != toy.y)
    # A share of n trials has standard deviation sqrt(p (1 - p) / n): allow four of them.
    assert abs(mistakes - toy.bayes_error) < 4 * np.sqrt(toy.bayes_error * (1 - toy.bayes_error) / n)


@pytest.mark.parametrize(("make", "arguments"), TOYS)
def test_the_posterior_is_calibrated(make, arguments):
    toy = make(n=60_000, seed=2, **arguments)
    p = toy.posterior(toy.X)
    for low in np.arange(0, 1, 0.2):
        here = (p >= low) & (p < low + 0.2)
        if here.sum() > 200:
            tolerance = 4 * np.sqrt(0.25 / here.sum())
            assert abs(p[here].mean() - toy.y[here].mean()) < tolerance


@pytest.mark.parametrize("make", [data.gaussians, data.xor])
@pytest.mark.parametrize("noise", [0.3, 0.7, 1.5])
def test_closed_forms_agree_with_the_integral(make, noise):
    toy = make(n=4, noise=noise)
    assert integrated_bayes_error(toy._nodes, noise) == pytest.approx(toy.bayes_error, rel=1e-3, abs=1e-8)


@pytest.mark.parametrize("make", [data.two_moons, data.circles])
def test_more_noise_more_error_up_to_a_half(make):
    errors = [make(n=4, noise=noise).bayes_error for noise in (0.02, 0.1, 0.2, 0.5, 2.0)]
    assert errors == sorted(errors)
    assert errors[0] < 1e-6
    assert 0.3 < errors[-1] < 0.5


def test_shapes_balance_and_seeds():
    toy = data.two_moons(n=101, seed=3)
    assert toy.X.shape == (101, 2)
    assert toy.X.dtype == np.float32
    assert toy.y.dtype == np.int64
    assert sorted(np.bincount(toy.y)) == [50, 51]
    assert np.array_equal(toy.X, data.two_moons(n=101, seed=3).X)
    assert not np.array_equal(toy.X, data.two_moons(n=101, seed=4).X)
    assert toy.y[:20].min() == 0
    assert toy.y[:20].max() == 1


@pytest.mark.parametrize("make", [data.two_moons, data.circles])
def test_geometry_is_that_of_scikit_learn(make):
    from sklearn import datasets

    ours = make(n=20_000, noise=0.05, seed=0)
    options = {"factor": 0.5} if make is data.circles else {}
    X, y = getattr(datasets, f"make_{'moons' if make is data.two_moons else 'circles'}")(
        20_000, noise=0.05, random_state=0, **options
    )
    for label in (0, 1):
        assert np.allclose(ours.X[ours.y == label].mean(axis=0), X[y == label].mean(axis=0), atol=0.04)
        assert np.allclose(np.cov(ours.X[ours.y == label].T), np.cov(X[y == label].T), atol=0.03)


def test_no_line_separates_xor():
    toy = data.xor(n=4000)
    assert LogisticRegression().fit(toy.X, toy.y).score(toy.X, toy.y) < 0.8
    assert toy.bayes_error < 0.02


@pytest.mark.parametrize("make", [data.gaussians, data.xor, data.two_moons, data.circles])
def test_bad_input(make):
    with pytest.raises(ValueError, match="n must"):
        make(n=1)
    with pytest.raises(ValueError, match="noise"):
        make(noise=0)


def test_negative_distance():
    with pytest.raises(ValueError, match="distance"):
        data.gaussians(distance=-1)
