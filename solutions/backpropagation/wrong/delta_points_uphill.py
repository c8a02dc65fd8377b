"""Takes y - y_hat for the output delta.

test: test_output_delta
message: which way does y_hat - y point
"""

# cell: output_delta
def output_delta(y_hat, y, loss):
    if loss not in ("cross-entropy", "squared error"):
        raise ValueError(loss)
    delta = (np.asarray(y) - np.asarray(y_hat)) / len(y)
    if loss == "squared error":
        delta = delta * y_hat * (1 - y_hat)
    return delta[:, None]
