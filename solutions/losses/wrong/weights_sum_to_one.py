"""Normalises the weights of the classes, not of the samples.

test: test_weights
message: the mean weight of the four samples should be 1
"""

# cell: weights
def class_weights(y, k):
    counts = np.maximum(np.bincount(y, minlength=k), 1)
    return (1 / counts) / (1 / counts).sum()
