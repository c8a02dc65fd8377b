"""Lets the second hidden unit see only three inputs on.

test: test_exactly_one
message: 2 of 3 inputs on must give 0
"""

# cell: exactly_one
def exactly_one():
    return {"W1": np.ones((3, 2)), "b1": [-0.5, -2.5], "w2": [1, -1], "b2": -0.5}
