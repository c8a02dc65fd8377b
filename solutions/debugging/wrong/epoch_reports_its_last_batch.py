"""Reports the loss of the last batch.

test: test_epoch
message: the one of its last batch only
"""

# cell: epoch
def train_epoch(X, y, w, b, lr, batch_size, order):
    total, means = 0.0, []
    for begin in range(0, len(order), batch_size):
        rows = order[begin : begin + batch_size]
        error = X[rows] @ w + b - y[rows]
        total += np.sum(error**2)
        means.append(np.mean(error**2))
        w = w - lr * 2 * X[rows].T @ error / len(error)
        b = b - lr * 2 * np.mean(error)
    return {"w": w, "b": b, "loss": means[-1]}
