"""Measures the penalty of the weights after the step.

test: test_penalised_step
message: before the step
"""

# cell: penalised_step
def penalised_step(params, grads, lr, l1, l2):
    penalty, after = 0.0, {}
    for name, w in params.items():
        slope = grads[name]
        if name.startswith("W"):
            slope = slope + l1 * np.sign(w) + l2 * w
        after[name] = w - lr * slope
        if name.startswith("W"):
            penalty += l1 * np.abs(after[name]).sum() + l2 / 2 * np.square(after[name]).sum()
    return {"penalty": penalty, "params": after}
