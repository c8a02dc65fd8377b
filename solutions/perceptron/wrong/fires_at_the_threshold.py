"""Fires when the sum only reaches the threshold.

test: test_units
message: equal to the threshold is not greater
"""

# cell: units
def fires(X, w, threshold):
    return (neuron(X, w, -threshold) >= 0) * 1


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.asarray(Z, dtype=float)))
