"""Takes absolute values, so a mistake looks like a margin.

test: test_margin
message: the sign of a mistake was lost
"""

# cell: margin
def margin(X, y, w, b):
    return float(np.min(np.abs(neuron(X, w, b))) / np.linalg.norm(w))
