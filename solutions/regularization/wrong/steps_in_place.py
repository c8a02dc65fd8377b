"""Changes the caller's parameters.

test: test_penalised_step
message: changed the caller's parameters
"""

# cell: penalised_step
def penalised_step(params, grads, lr, l1, l2):
    penalty, after = 0.0, {}
    for name, value in params.items():
        w, slope = np.asarray(value, dtype=float), np.asarray(grads[name], dtype=float)
        if name.startswith("W"):
            penalty += l1 * np.abs(w).sum() + l2 / 2 * np.square(w).sum()
            slope = slope + l1 * np.sign(w) + l2 * w
        value -= lr * slope
        after[name] = value
    return {"penalty": penalty, "params": after}
