"""Charges the biases as well.

test: test_penalty
message: do the biases cost something
"""

# cell: penalty
def penalty(params, l1, l2):
    params = [np.asarray(w, dtype=float) for w in params]
    loss = sum(l1 * np.abs(w).sum() + l2 * (w**2).sum() for w in params)
    return {"loss": loss, "grads": [l1 * np.sign(w) + 2 * l2 * w for w in params]}
