"""Writes the thresholds as biases.

test: test_exactly_one
message: is each bias the negative of its threshold?
"""

# cell: exactly_one
def exactly_one():
    return {"W1": np.ones((3, 2)), "b1": [0.5, 1.5], "w2": [1, -1], "b2": 0.5}
