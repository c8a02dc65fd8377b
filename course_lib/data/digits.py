"""Handwritten digits of 8 by 8 pixels, shipped with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from course_lib.data.split import Split

TEST_SIZE = 500


def digits(flat: bool = True) -> Split:
    """1,797 scanned digits: 1,297 to train on and 500 to test on, each class in the same share of both.

    ``X`` is float32 in [0, 1], ``(n, 64)`` or with ``flat=False`` ``(n, 8, 8)``; ``y`` is int64, 0 to 9.
    The split is the same in every call. Source: the test part of the UCI "Optical Recognition of Handwritten
    Digits" data, as shipped with scikit-learn.
    """
    images, labels = load_digits(return_X_y=True)
    X = (images / 16.0).astype(np.float32)
    if not flat:
        X = X.reshape(-1, 8, 8)
    y = labels.astype(np.int64)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=TEST_SIZE, stratify=y, random_state=0)
    return Split(X_train, y_train, X_test, y_test)
