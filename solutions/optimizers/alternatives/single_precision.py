"""Everything in float32 and written in place, with a copy of each row; lists come back."""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    w = np.array(w, dtype=np.float32)
    v = np.zeros_like(w)
    path = []
    for g in np.asarray(grads, dtype=np.float32):
        v *= beta
        v += g
        w -= lr * v if not nesterov else lr * g + lr * beta * v
        path.append(w.copy())
    return path


# cell: rmsprop
def rmsprop_path(grads, w, lr, rho=0.9, eps=1e-8):
    w = np.array(w, dtype=np.float32)
    v = np.zeros_like(w)
    path = []
    for g in np.asarray(grads, dtype=np.float32):
        v += (1 - rho) * (g * g - v)
        w -= lr * g / (v**0.5 + eps)
        path.append(w.copy())
    return path


# cell: adamw
def adamw_path(grads, w, lr, beta_1=0.9, beta_2=0.999, eps=1e-8, weight_decay=0.0):
    w = np.array(w, dtype=np.float32)
    m, v, path = np.zeros_like(w), np.zeros_like(w), []
    power_1 = power_2 = 1.0
    for g in np.asarray(grads, dtype=np.float32):
        power_1, power_2 = power_1 * beta_1, power_2 * beta_2
        m += (1 - beta_1) * (g - m)
        v += (1 - beta_2) * (g * g - v)
        w *= 1 - lr * weight_decay
        w -= lr * (m / (1 - power_1)) / (np.sqrt(v / (1 - power_2)) + eps)
        path.append(w.tolist())
    return path
