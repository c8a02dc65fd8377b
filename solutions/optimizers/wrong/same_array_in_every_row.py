"""Appends the array that changes, so that all rows show the last step.

test: test_momentum
message: move the weight to
"""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    w = np.array(w, dtype=float)
    v, path = np.zeros_like(w), []
    for g in np.asarray(grads, dtype=float):
        v = beta * v + g
        w -= lr * (g + beta * v if nesterov else v)
        path.append(w)
    return np.array(path)
