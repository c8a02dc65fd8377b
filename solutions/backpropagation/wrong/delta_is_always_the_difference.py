"""Takes y_hat - y for every loss.

test: test_output_delta
message: the answer for one of the two losses only
"""

# cell: output_delta
def output_delta(y_hat, y, loss):
    if loss not in ("cross-entropy", "squared error"):
        raise ValueError(loss)
    return ((np.asarray(y_hat) - np.asarray(y)) / len(y))[:, None]
