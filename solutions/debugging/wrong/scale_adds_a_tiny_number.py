"""Adds a tiny number to the standard deviation, so that a constant feature explodes on new data.

test: test_scale
message: only shifted, also in the validation data
"""

# cell: scale
def standardize(X_train, X_val):
    mean, spread = X_train.mean(axis=0), X_train.std(axis=0) + 1e-8
    return {"train": (X_train - mean) / spread, "val": (X_val - mean) / spread}
