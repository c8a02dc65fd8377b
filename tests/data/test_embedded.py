import time

import numpy as np
import pytest
from sklearn.svm import SVC

from course_lib import data
from course_lib.data.glyphs import FONTS, NEW_FONTS

SETS = {
    "digits": (lambda: data.digits(), (1297, 64), 10),
    "digits images": (lambda: data.digits(flat=False), (1297, 8, 8), 10),
    "glyphs": (lambda: data.glyphs(400, 100), (400, 28, 28), 10),
    "glyphs flat": (lambda: data.glyphs(400, 100, flat=True), (400, 784), 10),
    "letters": (lambda: data.glyphs(400, 100, "letters"), (400, 28, 28), 26),
    "both": (lambda: data.glyphs(400, 100, "both"), (400, 28, 28), 36),
    "tabular": (lambda: data.tabular(), (400, 30), 2),
}


@pytest.mark.parametrize("name", SETS)
def test_types_shapes_and_repeatability(name):
    load, shape, classes = SETS[name]
    split = load()
    assert split.X_train.shape == shape
    assert split.X_test.shape[1:] == shape[1:]
    assert split.X_train.dtype == split.X_test.dtype == np.float32
    assert split.y_train.dtype == split.y_test.dtype == np.int64
    assert len(split.X_train) == len(split.y_train)
    assert len(split.X_test) == len(split.y_test)
    assert set(split.y_train) == set(split.y_test) == set(range(classes))
    assert all(np.array_equal(a, b) for a, b in zip(split, load(), strict=True))


def test_changing_a_result_does_not_change_the_next_one():
    first = data.glyphs(50, 10)
    first.X_train[:] = 7
    assert data.glyphs(50, 10).X_train.max() <= 1


def test_splits_are_stratified_and_disjoint():
    split = data.digits()
    shares = [np.bincount(y) / len(y) for y in (split.y_train, split.y_test)]
    assert np.abs(shares[0] - shares[1]).max() < 0.005
    train = {row.tobytes() for row in split.X_train}
    assert not any(row.tobytes() in train for row in split.X_test)


def test_tabular_scaling_uses_the_training_part():
    scaled, raw = data.tabular(), data.tabular(standardize=False)
    assert np.allclose(scaled.X_train.mean(axis=0), 0, atol=1e-5)
    assert np.allclose(scaled.X_train.std(axis=0), 1, atol=1e-4)
    assert np.abs(scaled.X_test.mean(axis=0)).max() > 0.01
    spread = raw.X_train.std(axis=0)
    assert spread.max() / spread.min() > 1e4
    names = data.tabular_names()
    assert len(names.features) == 30
    assert names.features[0] == "mean radius"
    assert names.classes == ("malignant", "benign")
    # The benign share says that label 1 means what the names say.
    assert raw.y_train.mean() == pytest.approx(357 / 569, abs=0.005)


def test_glyphs_are_fast_learnable_and_harder_in_new_fonts():
    start = time.process_time()
    split = data.glyphs(2000, 300, flat=True, seed=11)
    assert time.process_time() - start < 2
    other = data.glyphs(2000, 300, flat=True, seed=11, new_fonts=True)
    assert np.array_equal(split.X_train, other.X_train)
    model = SVC(C=10).fit(split.X_train, split.y_train)
    same, new = model.score(split.X_test, split.y_test), model.score(other.X_test, other.y_test)
    assert same > 0.9
    assert new < same
    assert not set(FONTS) & set(NEW_FONTS)


def test_glyphs_without_jitter_are_upright_and_centred():
    split = data.glyphs(200, 0, jitter=0, noise=0)
    rows, columns = np.indices((28, 28))
    ink = split.X_train > 0.1
    for image in ink:
        assert abs((rows[image].min() + rows[image].max()) / 2 - 13.5) <= 1
        assert abs((columns[image].min() + columns[image].max()) / 2 - 13.5) <= 1


def test_different_seeds_give_different_glyphs():
    assert not np.array_equal(data.glyphs(20, 0, seed=1).X_train, data.glyphs(20, 0, seed=2).X_train)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"kind": "greek"}, "digits, letters, both"),
        ({"n_train": -1}, "n_train"),
        ({"noise": -0.1}, "noise"),
        ({"jitter": -1}, "jitter"),
    ],
)
def test_bad_glyph_arguments(arguments, word):
    with pytest.raises(ValueError, match=word):
        data.glyphs(**arguments)


def test_regression_reaches_its_noise_floor_only_with_the_true_function():
    process = data.regression(n=40_000, noise=0.3, seed=5)
    assert process.X.shape == process.y.shape == (40_000, 1)
    assert process.X.dtype == process.y.dtype == np.float32
    residual = process.y - process.true_function(process.X)
    # The mean of n squared normals has standard deviation sigma^2 sqrt(2 / n): allow four of them.
    assert np.mean(residual**2) == pytest.approx(0.09, abs=4 * 0.09 * np.sqrt(2 / 40_000))
    assert process.noise_variance == pytest.approx(0.09)
    line = np.polyval(np.polyfit(process.X[:, 0], process.y[:, 0], 1), process.X[:, 0])
    assert np.mean((process.y[:, 0] - line) ** 2) > 3 * 0.09


@pytest.mark.parametrize(("arguments", "word"), [({"n": 0}, "n must"), ({"noise": -1}, "noise")])
def test_bad_regression_arguments(arguments, word):
    with pytest.raises(ValueError, match=word):
        data.regression(**arguments)
