"""Clips the probabilities before the logarithm.

test: test_smoothed
message: was a probability clipped
"""

# cell: smoothed
def smoothed_loss(Z, y, epsilon, over):
    Z, y = np.asarray(Z, dtype=float), np.asarray(y)
    n, k = Z.shape
    if over not in ("all", "others"):
        raise ValueError(f"epsilon is spread over 'all' or 'others', not {over!r}")
    labels = np.full((n, k), epsilon / k if over == "all" else epsilon / (k - 1))
    labels[np.arange(n), y] = 1 - epsilon + epsilon / k if over == "all" else 1 - epsilon
    shifted = Z - Z.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    log_p = np.log(np.clip(p, 1e-12, 1))
    return {"labels": labels, "loss": -np.sum(labels * log_p) / n, "grad": (np.exp(log_p) - labels) / n}
