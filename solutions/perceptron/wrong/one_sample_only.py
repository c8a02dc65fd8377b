"""Loses the batch axis when the batch has one sample.

test: test_neuron
message: a batch of one sample gives shape (1,)
"""

# cell: neuron
def neuron(X, w, b):
    return np.squeeze(np.asarray(X) @ np.reshape(w, (-1, 1))) + b
