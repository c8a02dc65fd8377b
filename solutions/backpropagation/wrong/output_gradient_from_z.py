"""Uses the pre-activations as the input of the output layer.

test: test_backward
message: which array enters the output layer
"""

# cell: backward
def backward(X, y, params):
    out = forward(X, params)
    delta2 = output_delta(out["y_hat"], y, "cross-entropy")
    delta1 = (delta2 @ params["W2"].T) * (1 - out["A1"] ** 2)
    return {"W1": X.T @ delta1, "b1": delta1.sum(axis=0), "W2": out["Z1"].T @ delta2, "b2": delta2.sum(axis=0)}
