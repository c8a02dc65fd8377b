"""Nesterov's step with the velocity from before the gradient, which is plain momentum again.

test: test_momentum
message: nesterov=True changes nothing
"""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    w, v, path = np.array(w, dtype=float), 0.0, []
    for g in np.asarray(grads, dtype=float):
        step = g + beta * v
        v = step
        w = w - lr * step
        path.append(w)
    return np.array(path)
