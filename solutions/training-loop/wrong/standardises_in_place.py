"""Changes the caller's arrays.

test: test_standardise
message: changed the arrays of its caller
"""

# cell: standardise
def standardise(X_train, X_new):
    X_train, X_new = np.asarray(X_train), np.asarray(X_new)
    mean, std = X_train.mean(axis=0), X_train.std(axis=0)
    std = np.where(std == 0, 1.0, std)
    for X in (X_train, X_new):
        X -= mean
        X /= std
    return {"train": X_train, "new": X_new, "mean": mean, "std": std}
