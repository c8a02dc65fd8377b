"""Forgets the factor 2 of the squared part.

test: test_robust
message: is the 1/n in both parts?
"""

# cell: robust
def robust_loss(y_hat, y, delta, share):
    y_hat = np.asarray(y_hat, dtype=float)
    r = y_hat - np.asarray(y, dtype=float).reshape(y_hat.shape)
    size = np.abs(r)
    huber = np.where(size <= delta, r**2 / 2, delta * (size - delta / 2))
    loss = np.mean(share * huber + (1 - share) * r**2)
    grad = (share * np.clip(r, -delta, delta) + (1 - share) * r) / r.size
    return {"loss": loss, "grad": grad}
