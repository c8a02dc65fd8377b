"""Squares the average of the gradients instead of averaging their squares.

test: test_adamw
message: is the first average one of gradients and the second one of their squares
"""

# cell: adamw
def adamw_path(grads, w, lr, beta_1=0.9, beta_2=0.999, eps=1e-8, weight_decay=0.0):
    w, m, v, path = np.array(w, dtype=float), 0.0, 0.0, []
    for t, g in enumerate(np.asarray(grads, dtype=float), start=1):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g
        w = w - lr * (m / (1 - beta_1**t)) / (abs(v / (1 - beta_2**t)) + eps) - lr * weight_decay * w
        path.append(w)
    return np.array(path)
