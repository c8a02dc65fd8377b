"""Trains on the tensors of the checkpoint.

test: test_resume
message: changed the checkpoint
"""

# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    d = X.shape[1]
    state = checkpoint or {"w": np.zeros(d), "m": np.zeros(d), "v": np.zeros(d), "t": 0, "losses": []}
    w, m, v, losses = state["w"], state["m"], state["v"], list(state["losses"])
    t = state["t"]
    for epoch in range(len(losses), epochs):
        order, total = np.random.default_rng([seed, epoch]).permutation(len(X)), 0.0
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            error = X[rows] @ w - y[rows]
            g = 2 * error @ X[rows] / len(rows)
            total, t = total + np.sum(error**2), t + 1
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= lr * 0.8**epoch * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        losses.append(total / len(X))
    return {"w": w.copy(), "losses": losses, "checkpoint": {"w": w, "m": m, "v": v, "t": t, "losses": losses}}
