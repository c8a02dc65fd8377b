"""Writes the thresholds where the biases belong.

test: test_xor_network
message: it is the negative of a threshold
"""

# cell: xor_network
def xor_network():
    return {"W1": [[1, 1], [1, 1]], "b1": [0.5, 1.5], "w2": [1, -1], "b2": 0.5}
