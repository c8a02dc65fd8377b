"""Uses the length of the weights, not its square.

test: test_penalty
message: do the biases cost something, is it a sum?
"""

# cell: penalty
def penalty(params, l1, l2):
    loss, grads = 0.0, []
    for w in params:
        w = np.asarray(w, dtype=float)
        if w.ndim < 2:
            grads.append(np.zeros_like(w))
            continue
        loss += l1 * np.abs(w).sum() + l2 * np.linalg.norm(w)
        grads.append(l1 * np.sign(w) + 2 * l2 * w)
    return {"loss": loss, "grads": grads}
