"""Shares the total among all k classes, also those that never occur.

test: test_weights
message: how many classes share the total?
"""

# cell: weights
def class_weights(y, k):
    counts = np.bincount(y, minlength=k)
    return np.where(counts > 0, len(y) / (k * np.maximum(counts, 1)), 0.0)
