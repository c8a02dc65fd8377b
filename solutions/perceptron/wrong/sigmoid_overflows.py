"""Writes the sigmoid as exp(Z) / (1 + exp(Z)), which is not a number for large Z.

test: test_units
message: which exponential overflowed?
"""

# cell: units
def fires(X, w, threshold):
    return np.where(neuron(X, w, 0.0) > threshold, 1, 0)


def sigmoid(Z):
    e = np.exp(np.asarray(Z, dtype=float))
    return e / (1 + e)
