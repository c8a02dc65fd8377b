"""Hands in the broken epoch: targets in another order, last batch's loss, a rest left out.

test: test_epoch
message: does every sample keep its own target?
"""

# cell: epoch
def train_epoch(X, y, w, b, lr, batch_size, order):
    X = X[order]
    for i in range(len(X) // batch_size):
        rows = slice(i * batch_size, (i + 1) * batch_size)
        error = X[rows] @ w + b - y[rows]
        loss = np.mean(error**2)
        w = w - lr * 2 * X[rows].T @ error / len(error)
        b = b - lr * 2 * np.mean(error)
    return {"w": w, "b": b, "loss": loss}
