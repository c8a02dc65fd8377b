"""Penalises the weights at the start in every step.

test: test_adam_decay
message: with the w of this step
"""

# cell: adam_decay
def adam_decay(grads, start, lr, decay, decoupled, beta_1=0.9, beta_2=0.999, eps=1e-8):
    w, m, v, path = np.array(start, dtype=float), 0.0, 0.0, []
    for t, g in enumerate(np.asarray(grads, dtype=float), start=1):
        g = g if decoupled else g + decay * np.array(start)
        m, v = beta_1 * m + (1 - beta_1) * g, beta_2 * v + (1 - beta_2) * g**2
        step = m / (1 - beta_1**t) / (np.sqrt(v / (1 - beta_2**t)) + eps)
        w = w - lr * (step + decay * w if decoupled else step)
        path.append(w)
    return np.array(path)
