"""Subtracts a vector from a column and gets a table.

test: test_robust
message: broadcast them to a table of all pairs
"""

# cell: robust
def robust_loss(y_hat, y, delta, share):
    r = np.asarray(y_hat) - np.asarray(y)
    size = np.abs(r)
    huber = np.where(size <= delta, r**2 / 2, delta * (size - delta / 2))
    grad = (share * np.clip(r, -delta, delta) + (1 - share) * 2 * r) / r.size
    return {"loss": np.mean(share * huber + (1 - share) * r**2), "grad": grad}
