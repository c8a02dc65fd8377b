"""Takes mean and standard deviation over training and validation data together.

test: test_scale
message: over which data
"""

# cell: scale
def standardize(X_train, X_val):
    together = np.concatenate([X_train, X_val])
    mean, spread = together.mean(axis=0), together.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return {"train": (X_train - mean) / spread, "val": (X_val - mean) / spread}
