"""Writes AdamW as an L2 penalty.

test: test_adam_decay
message: the decay must not enter the averages
"""

# cell: adam_decay
def adam_decay(grads, w, lr, decay, decoupled, beta_1=0.9, beta_2=0.999, eps=1e-8):
    w, m, v, path = np.array(w, dtype=float), 0.0, 0.0, []
    for t, g in enumerate(np.asarray(grads, dtype=float), start=1):
        g = g + decay * w
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        step = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + eps)
        w = w - lr * step
        path.append(w)
    return np.array(path)
