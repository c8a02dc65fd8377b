"""Forgets to divide by the length of the weights.

test: test_margin
message: is it a distance in units of X?
"""

# cell: margin
def margin(X, y, w, b):
    return float(np.min(np.asarray(y) * neuron(X, w, b)))
