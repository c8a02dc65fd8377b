"""Treats (1 - p)^gamma as a constant in the gradient.

test: test_focal
message: depends on the logits as well
"""

# cell: focal
def focal_loss(logits, y, weights, gamma):
    z, y = np.asarray(logits, dtype=float), np.asarray(y)
    n, k = z.shape
    z = z - z.max(axis=1, keepdims=True)
    log_all = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    log_p = log_all[np.arange(n), y]
    p = np.exp(log_p)
    w = np.asarray(weights, dtype=float)[y]
    rest = 1 - p
    by_log_p = -w * rest**gamma
    grad = by_log_p[:, None] * (np.eye(k)[y] - np.exp(log_all)) / n
    return {"loss": np.sum(-w * rest**gamma * log_p) / n, "grad": grad}
