"""Counts the steps from 0, so that the first correction divides by 0.

test: test_adamw
message: the steps are counted from 1
"""

# cell: adamw
def adamw_path(grads, w, lr, beta_1=0.9, beta_2=0.999, eps=1e-8, weight_decay=0.0):
    w = np.array(w, dtype=float)
    m, v, path = np.zeros_like(w), np.zeros_like(w), []
    for t, g in enumerate(np.asarray(grads, dtype=float)):
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        m_hat, v_hat = m / np.float64(1 - beta_1**t), v / np.float64(1 - beta_2**t)
        w = w - lr * m_hat / (np.sqrt(v_hat) + eps) - lr * weight_decay * w
        path.append(w)
    return np.array(path)
