"""Counts all bad epochs and never starts anew.

test: test_train_linear
message: counted anew after each lowest one
"""

# cell: train_linear
def train_linear(X, y, X_val, y_val, orders, batch_size, lr, patience):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    w, losses, val_losses = np.zeros(X.shape[1]), [], []
    lowest, best_epoch, best_w, bad = np.inf, -1, w, 0
    for epoch, order in enumerate(np.asarray(orders)):
        total = 0.0
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            error = X[rows] @ w - y[rows]
            total += np.sum(error**2)
            w = w - lr * 2 * X[rows].T @ error / len(rows)
        losses.append(total / len(order))
        val_losses.append(np.mean((np.asarray(X_val) @ w - np.asarray(y_val)) ** 2))
        if val_losses[-1] < lowest:
            lowest, best_epoch, best_w = val_losses[-1], epoch, w
        else:
            bad += 1
            if bad >= patience:
                break
    return {"losses": losses, "val_losses": val_losses, "best_epoch": best_epoch, "w": best_w}
