"""Scales the training data only.

test: test_scale
message: scaled with the numbers of the training data
"""

# cell: scale
def standardize(X_train, X_val):
    mean, spread = X_train.mean(axis=0), X_train.std(axis=0)
    return {"train": (X_train - mean) / np.where(spread > 0, spread, 1.0), "val": X_val}
