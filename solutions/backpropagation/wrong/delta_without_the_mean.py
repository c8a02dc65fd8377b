"""Forgets that the loss is a mean over the batch.

test: test_output_delta
message: each sample has a share of 1/n
"""

# cell: output_delta
def output_delta(y_hat, y, loss):
    if loss not in ("cross-entropy", "squared error"):
        raise ValueError(loss)
    delta = np.asarray(y_hat) - np.asarray(y)
    if loss == "squared error":
        delta = delta * y_hat * (1 - y_hat)
    return delta[:, None]
