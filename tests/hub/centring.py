"""A small NumPy assignment for a class on the hub: a visible test, a hidden test and a question for a person."""

from __future__ import annotations

SLUG = "centring"

SOURCE = '''\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3}
---
# Centring

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: setup, grade: false, solution: false, locked: true}
import sys

import numpy as np

print("a warm kernel" if "torch" in sys.modules else "a cold kernel")
```

## 1. The mean of each column (2 points)

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: means, grade: false, solution: true, locked: false}
def means(X):
    """The mean of each column.

    X: samples, shape (n, d). Returns shape (d,).

    >>> print(means([[1.0, 2.0], [3.0, 6.0]]))
    [2. 4.]
    """
    ### BEGIN SOLUTION
    return np.mean(X, axis=0)
    ### END SOLUTION
```

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: test_means, grade: true, solution: false, locked: true, points: 2}
found = np.asarray(means([[1.0, 2.0], [3.0, 6.0]]), dtype=float)
assert found.shape == (2,), f"2 columns have 2 means, not {found.shape}"
assert np.allclose(found, [2.0, 4.0]), f"the means are 2 and 4, not {found}: of each column, not of each row"
### BEGIN HIDDEN TESTS
assert np.allclose(means(np.eye(4)), 0.25), "4 columns with one 1 in each"
### END HIDDEN TESTS
```

## 2. Centred columns (3 points)

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: centred, grade: false, solution: true, locked: false}
def centred(X):
    """The samples with the mean of each column taken away.

    X: samples, shape (n, d). Returns the same shape.

    >>> print(centred([[0.0, 2.0], [2.0, 0.0]]))
    [[-1.  1.]
     [ 1. -1.]]
    """
    ### BEGIN SOLUTION
    return np.asarray(X, dtype=float) - means(X)
    ### END SOLUTION
```

```{code-cell}
:nbgrader: {schema_version: 3, grade_id: test_centred, grade: true, solution: false, locked: true, points: 3}
found = np.asarray(centred([[0.0, 2.0], [2.0, 0.0]]), dtype=float)
assert np.allclose(found, [[-1.0, 1.0], [1.0, -1.0]]), f"both columns have the mean 1, and the result is {found}"
### BEGIN HIDDEN TESTS
found = np.asarray(centred([[17.0, 170.0], [19.0, 190.0]]), dtype=float)
assert np.allclose(found, [[-1.0, -10.0], [1.0, 10.0]]), "columns of different size: each column has its own mean"
### END HIDDEN TESTS
```

## 3. Why one centres features (3 points)

+++ {"nbgrader": {"schema_version": 3, "grade_id": "why", "grade": true, "solution": true, "locked": false, "points":3}}

The gradient of a weight is then no longer dominated by an offset that all samples share.

Rubric:

* 1 point: an offset that all samples share carries no information.
* 2 points: it dominates the gradient.
'''

HIDDEN = "[[17.0, 170.0], [19.0, 190.0]]"
"""What only the hidden test has."""

MEANS = "def means(X):\n    return np.mean(X, axis=0)"
OF_ROWS = "def means(X):\n    return np.mean(X, axis=1)"
"""Fails the visible test."""

CENTRED = "def centred(X):\n    return np.asarray(X) - means(X)"
ONE_MEAN = "def centred(X):\n    return np.asarray(X) - np.mean(X)"
"""Passes the visible test and fails the hidden one."""
