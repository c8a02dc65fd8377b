"""Takes 1 / L, the rate that is safe, for the limit, which is 2 / L.

test: test_rate
message: still converges: it is too small
"""

# cell: rate
def largest_rate(X):
    X = np.asarray(X, dtype=float)
    return 1 / np.linalg.eigvalsh(2 * X.T @ X / len(X)).max()
