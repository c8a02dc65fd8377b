"""The gradient is that of the sum.

test: test_smoothed
message: six times too large
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
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return {"labels": labels, "loss": -np.sum(labels * log_p) / n, "grad": np.exp(log_p) - labels}
