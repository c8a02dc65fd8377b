"""Sums the squares as Adagrad does and never forgets.

test: test_rmsprop
message: the average of squares is (1 - rho) g^2
"""

# cell: rmsprop
def rmsprop_path(grads, w, lr, rho=0.9, eps=1e-8):
    w, v, path = np.array(w, dtype=float), 0.0, []
    for g in np.asarray(grads, dtype=float):
        v = v + g**2
        w = w - lr * g / (np.sqrt(v) + eps)
        path.append(w)
    return np.array(path)
