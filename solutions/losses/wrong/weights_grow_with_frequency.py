"""Gives the frequent class the larger weight.

test: test_weights
message: class 1 is the rare one
"""

# cell: weights
def class_weights(y, k):
    counts = np.bincount(y, minlength=k)
    return k * counts / counts.sum()
