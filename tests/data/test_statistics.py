import math

import numpy as np
import pytest

from course_lib.data import statistics


def test_describe_counts_labels():
    X = np.array([[0.0, 2.0, 5.0], [1.0, 4.0, 5.0], [2.0, np.inf, 5.0]])
    facts = statistics.describe(X, np.array([1, 0, 1]))
    assert facts["samples"] == 3
    assert facts["shape"] == (3,)
    assert facts["finite"] == pytest.approx(8 / 9)
    assert facts["constant"] == 1
    assert (facts["min"], facts["max"]) == (0, 5)
    assert facts["labels"] == {0: 1, 1: 2}


def test_describe_does_not_count_measurements():
    facts = statistics.describe(np.zeros((4, 2)), np.array([[1.0], [3.0], [np.nan], [5.0]]))
    assert "labels" not in facts
    assert facts["target mean"] == 3
    assert facts["target finite"] == 0.75


def test_describe_survives_data_without_a_finite_number():
    facts = statistics.describe(np.full((2, 2), np.nan), np.array([np.nan, np.inf]))
    assert facts["finite"] == 0
    assert math.isnan(facts["mean"])
    assert math.isnan(facts["target mean"])


@pytest.mark.parametrize(("n", "m"), [(3, 2), (0, 0)])
def test_describe_wants_one_target_per_sample(n, m):
    with pytest.raises(ValueError, match="one target for each"):
        statistics.describe(np.zeros((n, 2)), np.zeros(m))


def test_dead_units_are_those_that_never_change():
    A = np.array([[0.0, 1.0, 0.3, 0.0], [0.0, 1.0, 0.0, 0.2]])  # off, saturated, alive, alive
    facts = statistics.activation_summary(A)
    assert facts["dead"] == 0.5
    assert facts["zero"] == 0.5
    with pytest.raises(ValueError, match="two samples"):
        statistics.activation_summary(A[:1])


def test_summaries_are_of_the_finite_entries_and_do_not_overflow():
    w = np.array([300, 400, np.nan, np.inf], dtype=np.float16)
    facts = statistics.weight_summary(w)
    assert facts["norm"] == 500
    assert facts["finite"] == 0.5
    assert statistics.activation_summary(np.array([[1.0, np.nan], [2.0, 3.0]]))["finite"] == 0.75
    assert math.isnan(statistics.weight_summary(np.full(2, np.nan))["mean"])


def test_gradient_ratio_has_no_unit():
    grad, w = np.array([3.0, 4.0, 0.0, 0.0]), np.array([6.0, 8.0, 0.0, 0.0])
    assert statistics.gradient_summary(grad, w) == {"norm": 5, "ratio": 0.5, "zero": 0.5, "finite": 1}
    assert math.isnan(statistics.gradient_summary(grad, np.zeros(4))["ratio"])


def test_relative_error():
    a = np.array([1.0, -2.0])
    assert statistics.relative_error(a, a) == 0
    assert statistics.relative_error(a, -a) == 1
    assert statistics.relative_error(np.zeros(2), np.zeros(2)) == 0
    assert statistics.relative_error(np.zeros(2), np.full(2, 1e-10)) < 1e-4  # rounding is no alarm
