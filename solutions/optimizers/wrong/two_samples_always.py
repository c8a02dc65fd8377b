"""Divides by 2, which was the number of samples in the example, instead of n.

test: test_rate
message: is the loss a mean?
"""

# cell: rate
def largest_rate(X):
    X = np.asarray(X, dtype=float)
    return 2 / np.linalg.eigvalsh(X.T @ X).max()
