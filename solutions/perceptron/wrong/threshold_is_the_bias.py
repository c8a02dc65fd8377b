"""Takes the threshold for the bias and adds it.

test: test_units
message: did you add the threshold?
"""

# cell: units
def fires(X, w, threshold):
    return (neuron(X, w, threshold) > 0).astype(int)


def sigmoid(Z):
    return 1 / (1 + np.exp(-np.asarray(Z, dtype=float)))
