"""Standardises the new samples by themselves.

test: test_standardise
message: moved by their own statistics
"""

# cell: standardise
def standardise(X_train, X_new):
    X_train, X_new = np.asarray(X_train, dtype=float), np.asarray(X_new, dtype=float)
    mean, std = X_train.mean(axis=0), X_train.std(axis=0)
    std = np.where(std == 0, 1.0, std)
    return {"train": (X_train - mean) / std, "new": (X_new - X_new.mean(axis=0)) / np.where(X_new.std(axis=0) == 0, 1.0, X_new.std(axis=0)), "mean": mean, "std": std}
