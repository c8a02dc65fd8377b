"""Divides a constant feature by its standard deviation, 0.

test: test_scale
message: constant in the training data becomes nan
"""

# cell: scale
def standardize(X_train, X_val):
    mean, spread = X_train.mean(axis=0), X_train.std(axis=0)
    return {"train": (X_train - mean) / spread, "val": (X_val - mean) / spread}
