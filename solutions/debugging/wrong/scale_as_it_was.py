"""Hands in the broken scaling: one mean and one standard deviation for the whole matrix.

test: test_scale
message: over which axis
"""

# cell: scale
def standardize(X_train, X_val):
    train = (X_train - X_train.mean()) / X_train.std()
    val = (X_val - X_val.mean()) / X_val.std()
    return {"train": train, "val": val}
