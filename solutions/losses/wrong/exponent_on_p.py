"""Raises p, not 1 - p, to gamma.

test: test_focal
message: is the factor (1 - p)^2 with p of the right class?
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
    rest = p
    by_log_p = -w * (rest**gamma - (gamma * rest ** (gamma - 1) * p * log_p if gamma > 0 else 0))
    grad = by_log_p[:, None] * (np.eye(k)[y] - np.exp(log_all)) / n
    return {"loss": np.sum(-w * rest**gamma * log_p) / n, "grad": grad}
