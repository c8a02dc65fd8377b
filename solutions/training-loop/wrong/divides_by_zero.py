"""Divides a constant feature by 0.

test: test_standardise
message: its deviation is 0, divide by 1
"""

# cell: standardise
def standardise(X_train, X_new):
    X_train, X_new = np.asarray(X_train, dtype=float), np.asarray(X_new, dtype=float)
    mean, std = X_train.mean(axis=0), X_train.std(axis=0)
    return {"train": (X_train - mean) / std, "new": (X_new - mean) / std, "mean": mean, "std": std}
