"""One mean and one deviation for the whole matrix.

test: test_standardise
message: take the mean of each feature
"""

# cell: standardise
def standardise(X_train, X_new):
    X_train, X_new = np.asarray(X_train, dtype=float), np.asarray(X_new, dtype=float)
    mean, std = np.full(X_train.shape[1], X_train.mean()), np.full(X_train.shape[1], X_train.std())
    std = np.where(std == 0, 1.0, std)
    return {"train": (X_train - mean) / std, "new": (X_new - mean) / std, "mean": mean, "std": std}
