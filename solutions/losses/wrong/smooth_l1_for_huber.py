"""Builds Smooth L1, which is Huber divided by delta.

test: test_robust
message: Did you build Smooth L1?
"""

# cell: robust
def robust_loss(y_hat, y, delta, share):
    y_hat = np.asarray(y_hat, dtype=float)
    r = y_hat - np.asarray(y, dtype=float).reshape(y_hat.shape)
    size = np.abs(r)
    huber = np.where(size <= delta, r**2 / (2 * delta), size - delta / 2)
    loss = np.mean(share * huber + (1 - share) * r**2)
    grad = (share * np.clip(r / delta, -1, 1) + (1 - share) * 2 * r) / r.size
    return {"loss": loss, "grad": grad}
