"""Subtracts the L1 strength from every weight, negative ones too.

test: test_penalised_step
message: towards 0
"""

# cell: penalised_step
def penalised_step(params, grads, lr, l1, l2):
    penalty, after = 0.0, {}
    for name, value in params.items():
        w, slope = np.asarray(value, dtype=float), np.asarray(grads[name], dtype=float)
        if name.startswith("W"):
            penalty += l1 * np.abs(w).sum() + l2 / 2 * np.square(w).sum()
            slope = slope + l1 + l2 * w
        after[name] = w - lr * slope
    return {"penalty": penalty, "params": after}
