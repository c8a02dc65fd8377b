"""Returns the logits as probabilities.

test: test_forward
message: is there a sigmoid at the output
"""

# cell: forward
def forward(X, params):
    Z1 = np.asarray(X, dtype=float) @ params["W1"] + params["b1"]
    A1 = np.tanh(Z1)
    Z2 = A1 @ params["W2"] + params["b2"]
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "y_hat": Z2[:, 0]}
