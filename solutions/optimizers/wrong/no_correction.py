"""Adam without the correction of the averages' start.

test: test_adamw
message: are both averages corrected for their start at 0?
"""

# cell: adamw
def adamw_path(grads, w, lr, beta_1=0.9, beta_2=0.999, eps=1e-8, weight_decay=0.0):
    w, m, v, path = np.array(w, dtype=float), 0.0, 0.0, []
    for g in np.asarray(grads, dtype=float):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        w = w - lr * m / (np.sqrt(v) + eps) - lr * weight_decay * w
        path.append(w)
    return np.array(path)
