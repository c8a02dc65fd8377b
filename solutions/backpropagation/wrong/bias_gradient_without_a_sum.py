"""Keeps one row per sample in the bias gradient.

test: test_backward
message: its gradient is a sum over them
"""

# cell: backward
def backward(X, y, params):
    out = forward(X, params)
    delta2 = output_delta(out["y_hat"], y, "cross-entropy")
    delta1 = (delta2 @ params["W2"].T) * (1 - out["A1"] ** 2)
    return {"W1": X.T @ delta1, "b1": delta1, "W2": out["A1"].T @ delta2, "b2": delta2.sum(axis=0)}
