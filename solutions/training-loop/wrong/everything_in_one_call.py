"""Ignores the batch size.

test: test_evaluate
message: samples at once
"""

# cell: evaluate
def evaluate(loss_of, X, y, batch_size):
    return loss_of(X, y)
