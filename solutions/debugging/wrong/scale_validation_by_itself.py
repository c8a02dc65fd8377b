"""Scales the validation data with their own mean and standard deviation.

test: test_scale
message: whose mean was subtracted
"""

# cell: scale
def standardize(X_train, X_val):
    def scaled(X):
        spread = X.std(axis=0)
        return (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1.0)

    return {"train": scaled(X_train), "val": scaled(X_val)}
