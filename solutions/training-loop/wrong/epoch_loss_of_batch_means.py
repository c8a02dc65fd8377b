"""The epoch's loss is the mean of its batch means.

test: test_train_linear
message: counts for less
"""

# cell: train_linear
def train_linear(X, y, X_val, y_val, orders, batch_size, lr, patience):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    w, losses, val_losses = np.zeros(X.shape[1]), [], []
    lowest, best_epoch, best_w = np.inf, -1, w
    for epoch, order in enumerate(np.asarray(orders)):
        means = []
        for start in range(0, len(order), batch_size):
            rows = order[start : start + batch_size]
            error = X[rows] @ w - y[rows]
            means.append(np.mean(error**2))
            w = w - lr * 2 * X[rows].T @ error / len(rows)
        losses.append(np.mean(means))
        val_losses.append(np.mean((np.asarray(X_val) @ w - np.asarray(y_val)) ** 2))
        if val_losses[-1] < lowest:
            lowest, best_epoch, best_w = val_losses[-1], epoch, w
        elif epoch - best_epoch >= patience:
            break
    return {"losses": losses, "val_losses": val_losses, "best_epoch": best_epoch, "w": best_w}
