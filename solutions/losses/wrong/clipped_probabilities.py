"""Clips the probabilities, so a very wrong answer costs too little.

test: test_focal
message: was p clipped?
"""

# cell: focal
def focal_loss(logits, y, weights, gamma):
    z = np.asarray(logits, dtype=float)
    E = np.exp(z - z.max(axis=1, keepdims=True))
    P = np.clip(E / E.sum(axis=1, keepdims=True), 1e-15, 1 - 1e-15)
    n, k = P.shape
    p, w = P[np.arange(n), y], np.asarray(weights, dtype=float)[y]
    change = gamma * (1 - p) ** (gamma - 1) * p * np.log(p) if gamma else 0
    by_log_p = -w * ((1 - p) ** gamma - change)
    return {"loss": np.mean(-w * (1 - p) ** gamma * np.log(p)),
            "grad": by_log_p[:, None] * (np.eye(k)[y] - P) / n}
