"""Divides by the sum of the weights, as PyTorch's weighted cross-entropy does.

test: test_focal
message: not by the sum of the weights
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
    by_log_p = -w * (rest**gamma - (gamma * rest ** (gamma - 1) * p * log_p if gamma > 0 else 0))
    grad = by_log_p[:, None] * (np.eye(k)[y] - np.exp(log_all)) / w.sum()
    return {"loss": np.sum(-w * rest**gamma * log_p) / w.sum(), "grad": grad}
