"""Averages the gradients instead of accumulating them.

test: test_momentum
message: it does not average with 1 - beta
"""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    w, v, path = np.array(w, dtype=float), 0.0, []
    for g in np.asarray(grads, dtype=float):
        v = beta * v + (1 - beta) * g
        w = w - lr * (g + beta * v if nesterov else v)
        path.append(w)
    return np.array(path)
