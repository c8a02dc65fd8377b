"""Builds OR, which one line can separate.

test: test_xor_network
message: that is OR
"""

# cell: xor_network
def xor_network():
    return {"W1": [[1, 1], [1, 1]], "b1": [-0.5, -0.5], "w2": [1, 1], "b2": -0.5}
