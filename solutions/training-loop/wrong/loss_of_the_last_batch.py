"""Returns the last batch's loss.

test: test_evaluate
message: not 9.0
"""

# cell: evaluate
def evaluate(loss_of, X, y, batch_size):
    for start in range(0, len(X), batch_size):
        loss = loss_of(X[start : start + batch_size], y[start : start + batch_size])
    return loss
