"""Divides all weights by the length of the gradient.

test: test_rmsprop
message: is each gradient divided by its own size
"""

# cell: rmsprop
def rmsprop_path(grads, w, lr, rho=0.9, eps=1e-8):
    w, v, path = np.array(w, dtype=float), 0.0, []
    for g in np.asarray(grads, dtype=float):
        v = rho * v + (1 - rho) * np.sum(g**2)
        w = w - lr * g / (np.sqrt(v) + eps)
        path.append(w)
    return np.array(path)
