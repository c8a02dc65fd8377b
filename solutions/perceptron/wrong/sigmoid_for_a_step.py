"""Lets the threshold unit answer with a sigmoid.

test: test_units
message: that is not a step
"""

# cell: units
def sigmoid(Z):
    return 1 / (1 + np.exp(-np.asarray(Z, dtype=float)))


def fires(X, w, threshold):
    return sigmoid(neuron(X, w, -threshold))
