"""Shrinks the biases too.

test: test_penalised_step
message: a bias follows the gradient of the loss only
"""

# cell: penalised_step
def penalised_step(params, grads, lr, l1, l2):
    penalty, after = 0.0, {}
    for name, value in params.items():
        w, slope = np.asarray(value, dtype=float), np.asarray(grads[name], dtype=float)
        if True:
            penalty += l1 * np.abs(w).sum() + l2 / 2 * np.square(w).sum()
            slope = slope + l1 * np.sign(w) + l2 * w
        after[name] = w - lr * slope
    return {"penalty": penalty, "params": after}
