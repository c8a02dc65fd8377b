"""Nesterov's step looks ahead along the velocity and leaves the gradient out.

test: test_momentum
message: the gradient plus beta times the velocity
"""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    w, v, path = np.array(w, dtype=float), 0.0, []
    for g in np.asarray(grads, dtype=float):
        v = beta * v + g
        w = w - lr * (beta * v if nesterov else v)
        path.append(w)
    return np.array(path)
