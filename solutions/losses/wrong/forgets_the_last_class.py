"""Lets the largest label decide how many classes there are.

test: test_weights
message: even when the last one does not occur
"""

# cell: weights
def class_weights(y, k):
    counts = np.bincount(y)
    present = counts > 0
    return np.where(present, len(y) / (present.sum() * np.maximum(counts, 1)), 0.0)
