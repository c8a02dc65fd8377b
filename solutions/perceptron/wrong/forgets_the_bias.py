"""Leaves the bias out of the neuron.

test: test_neuron
message: or is b missing?
"""

# cell: neuron
def neuron(X, w, b):
    return np.asarray(X) @ np.asarray(w)
