"""Divides by the count of a class that never occurs.

test: test_weights
message: must not get an infinite weight
"""

# cell: weights
def class_weights(y, k):
    counts = np.bincount(y, minlength=k)
    return len(y) / (k * counts)
