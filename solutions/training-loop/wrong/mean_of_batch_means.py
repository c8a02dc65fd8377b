"""Averages the batch means.

test: test_evaluate
message: counts the last sample twice
"""

# cell: evaluate
def evaluate(loss_of, X, y, batch_size):
    means = [loss_of(X[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(X), batch_size)]
    return float(np.mean(means))
