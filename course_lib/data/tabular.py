"""A table with named columns, shipped with scikit-learn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from course_lib.data.split import Split

TEST_SIZE = 169


class TabularNames(NamedTuple):
    """The columns of ``X`` and the meaning of each label, in order."""

    features: tuple[str, ...]
    classes: tuple[str, ...]


def tabular(standardize: bool = True) -> Split:
    """569 tumours with 30 measurements each: 400 to train on, 169 to test on, same class shares in both.

    ``X`` is float32 ``(n, 30)``; ``y`` is int64, 0 malignant and 1 benign. With ``standardize`` each column
    has mean 0 and standard deviation 1 *on the training part*, and the test part is transformed with the same
    numbers; without it you get the raw measurements, whose columns differ in size by a factor of 10,000.
    Source: the "Breast Cancer Wisconsin (Diagnostic)" data, as shipped with scikit-learn.
    """
    table, labels = load_breast_cancer(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        table, labels.astype(np.int64), test_size=TEST_SIZE, stratify=labels, random_state=0
    )
    if standardize:
        mean, std = X_train.mean(axis=0), X_train.std(axis=0)
        X_train, X_test = (X_train - mean) / std, (X_test - mean) / std
    return Split(X_train.astype(np.float32), y_train, X_test.astype(np.float32), y_test)


def tabular_names() -> TabularNames:
    """The 30 column names and the 2 class names of :func:`tabular`."""
    source = load_breast_cancer()
    return TabularNames(tuple(map(str, source.feature_names)), tuple(map(str, source.target_names)))
