"""Leaves the hidden layer linear.

test: test_forward
message: where is the tanh?
"""

# cell: forward
def forward(X, params):
    Z1 = np.asarray(X, dtype=float) @ params["W1"] + params["b1"]
    Z2 = Z1 @ params["W2"] + params["b2"]
    return {"Z1": Z1, "A1": Z1, "Z2": Z2, "y_hat": 1 / (1 + np.exp(-Z2[:, 0]))}
