"""Multiplies from the wrong side, which is right for one sample only.

test: test_neuron
message: did the weights meet the rows instead of the features
"""

# cell: neuron
def neuron(X, w, b):
    return np.dot(np.asarray(w), np.asarray(X)) + b
