"""Averages over the weights of each layer.

test: test_penalty
message: is it a sum?
"""

# cell: penalty
def penalty(params, l1, l2):
    loss, grads = 0.0, []
    for w in params:
        w = np.asarray(w, dtype=float)
        if w.ndim < 2:
            grads.append(np.zeros_like(w))
            continue
        loss += l1 * np.abs(w).mean() + l2 * np.square(w).mean()
        grads.append((l1 * np.sign(w) + 2 * l2 * w) / w.size)
    return {"loss": loss, "grads": grads}
