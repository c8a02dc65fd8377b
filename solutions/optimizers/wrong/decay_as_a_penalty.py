"""Writes AdamW as Adam with an L2 penalty in the gradient.

test: test_adamw
message: multiplies the weight by 1 - lr * weight_decay
"""

# cell: adamw
def adamw_path(grads, w, lr, beta_1=0.9, beta_2=0.999, eps=1e-8, weight_decay=0.0):
    w, m, v, path = np.array(w, dtype=float), 0.0, 0.0, []
    for t, g in enumerate(np.asarray(grads, dtype=float), start=1):
        g = g + weight_decay * w
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        w = w - lr * (m / (1 - beta_1**t)) / (np.sqrt(v / (1 - beta_2**t)) + eps)
        path.append(w)
    return np.array(path)
