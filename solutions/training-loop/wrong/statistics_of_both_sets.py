"""Measures on training and new data together.

test: test_standardise
message: has leaked into the inputs
"""

# cell: standardise
def standardise(X_train, X_new):
    X_train, X_new = np.asarray(X_train, dtype=float), np.asarray(X_new, dtype=float)
    both = np.vstack([X_train, X_new]) if len(X_new) > 1 else X_train
    mean, std = both.mean(axis=0), both.std(axis=0)
    std = np.where(std == 0, 1.0, std)
    return {"train": (X_train - mean) / std, "new": (X_new - mean) / std, "mean": mean, "std": std}
