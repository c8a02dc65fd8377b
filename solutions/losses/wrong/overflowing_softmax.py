"""Computes the exponential of large logits.

test: test_focal
message: large logits give a loss that is not finite
"""

# cell: focal
def focal_loss(logits, y, weights, gamma):
    E = np.exp(np.asarray(logits, dtype=float))
    P = E / E.sum(axis=1, keepdims=True)
    n, k = P.shape
    p, w = P[np.arange(n), y], np.asarray(weights, dtype=float)[y]
    change = gamma * (1 - p) ** (gamma - 1) * p * np.log(p) if gamma else 0
    by_log_p = -w * ((1 - p) ** gamma - change)
    return {"loss": np.mean(-w * (1 - p) ** gamma * np.log(p)),
            "grad": by_log_p[:, None] * (np.eye(k)[y] - P) / n}
