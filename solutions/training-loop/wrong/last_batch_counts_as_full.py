"""Weights every batch with the batch size.

test: test_evaluate
message: 3.6667
"""

# cell: evaluate
def evaluate(loss_of, X, y, batch_size):
    total = 0.0
    for start in range(0, len(X), batch_size):
        X_batch, y_batch = X[start : start + batch_size], y[start : start + batch_size]
        total += float(loss_of(X_batch, y_batch)) * min(batch_size, len(X))
    return total / len(X)
