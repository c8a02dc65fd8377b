"""Lets the smallest curvature set the limit.

test: test_rate
message: which of the three curvatures sets the limit
"""

# cell: rate
def largest_rate(X):
    X = np.asarray(X, dtype=float)
    return 2 / np.linalg.eigvalsh(2 * X.T @ X / len(X)).min()
