"""Gets the gradient by finite differences: right and useless.

test: test_focal
message: measured by finite differences?
"""

# cell: focal
def focal_loss(logits, y, weights, gamma):
    z, y, w = np.asarray(logits, dtype=float), np.asarray(y), np.asarray(weights, dtype=float)

    def value(z):
        s = z - z.max(axis=1, keepdims=True)
        log_p = (s - np.log(np.exp(s).sum(axis=1, keepdims=True)))[np.arange(len(y)), y]
        return np.mean(-w[y] * (1 - np.exp(log_p)) ** gamma * log_p)

    return {"loss": value(z), "grad": slope(value, z)}
