"""Puts the hidden lines right through the corners.

test: test_xor_network
message: a hidden line passes too close to a corner
"""

# cell: xor_network
def xor_network():
    return {"W1": [[1, 1], [1, 1]], "b1": [0, -1], "w2": [1, -1], "b2": 0}
