"""Calls the framework's sigmoid.

test: test_units
message: torch.sigmoid is not available in its test
"""

# cell: units
def fires(X, w, threshold):
    return (neuron(X, w, -threshold) > 0).astype(int)


def sigmoid(Z):
    return torch.sigmoid(torch.as_tensor(Z, dtype=torch.float64)).numpy()
