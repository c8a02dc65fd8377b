"""Takes l2 * w for the slope of l2 * w^2.

test: test_penalty
message: what is the slope of w^2?
"""

# cell: penalty
def penalty(params, l1, l2):
    loss, grads = 0.0, []
    for w in params:
        w = np.asarray(w, dtype=float)
        if w.ndim < 2:
            grads.append(np.zeros_like(w))
            continue
        loss += l1 * np.abs(w).sum() + l2 * np.square(w).sum()
        grads.append(l1 * np.sign(w) + l2 * w)
    return {"loss": loss, "grads": grads}
