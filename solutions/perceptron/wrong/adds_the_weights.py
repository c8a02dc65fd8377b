"""Adds the weights to the inputs instead of multiplying.

test: test_neuron
message: are the features multiplied by the weights and added up?
"""

# cell: neuron
def neuron(X, w, b):
    return np.asarray(X) + np.asarray(w) + b
