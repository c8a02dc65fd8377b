"""Forgets to divide by the length of the weights.

test: test_margin
message: is it a distance in units of X?
"""

# cell: margin
def margin(X, y, w, b):
    return float(np.min((2 * np.asarray(y) - 1) * neuron(X, w, b)))
