"""Turns labels 0 and 1 into signs, although they are signs already.

test: test_margin
message: the nearest sample is 1 away from the line, and you found 3.0
"""

# cell: margin
def margin(X, y, w, b):
    return float(np.min((2 * np.asarray(y) - 1) * neuron(X, w, b)) / np.linalg.norm(w))
