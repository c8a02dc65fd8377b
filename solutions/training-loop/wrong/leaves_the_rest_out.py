"""Measures full batches only.

test: test_evaluate
message: so the mean is 3.6667
"""

# cell: evaluate
def evaluate(loss_of, X, y, batch_size):
    total = 0.0
    for start in range(0, max(len(X) - batch_size + 1, 1), batch_size):
        X_batch, y_batch = X[start : start + batch_size], y[start : start + batch_size]
        total += float(loss_of(X_batch, y_batch)) * len(X_batch)
    return total / len(X)
