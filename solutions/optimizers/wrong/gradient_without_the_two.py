"""Forgets the factor 2 of the derivative of a square.

test: test_rate
message: already diverges: it is too large
"""

# cell: rate
def largest_rate(X):
    X = np.asarray(X, dtype=float)
    return 2 / np.linalg.eigvalsh(X.T @ X / len(X)).max()
