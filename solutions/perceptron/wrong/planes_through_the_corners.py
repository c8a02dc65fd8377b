"""Puts the hidden planes right through the corners.

test: test_exactly_one
message: a hidden unit's plane passes too close to a corner
"""

# cell: exactly_one
def exactly_one():
    return {"W1": np.ones((3, 2)), "b1": [0, -1], "w2": [1, -1], "b2": 0}
