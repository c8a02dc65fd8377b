"""Forgets the bias of the hidden layer.

test: test_forward
message: is b1 added to every sample
"""

# cell: forward
def forward(X, params):
    Z1 = np.asarray(X, dtype=float) @ params["W1"]
    A1 = np.tanh(Z1)
    Z2 = A1 @ params["W2"] + params["b2"]
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "y_hat": 1 / (1 + np.exp(-Z2[:, 0]))}
