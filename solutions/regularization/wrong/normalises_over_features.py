"""Takes the statistics of each sample.

test: test_batchnorm
message: normalise over the batch
"""

# cell: batchnorm
def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    X = np.asarray(X, dtype=float)
    mean, var = X.mean(axis=1, keepdims=True), X.var(axis=1, keepdims=True)
    share = momentum if convention == "pytorch" else 1 - momentum
    kept = {"mean": (1 - share) * running["mean"] + share * X.mean(axis=0), "var": (1 - share) * running["var"] + share * X.var(axis=0)}
    return {"out": np.asarray(gamma) * (X - mean) / np.sqrt(var + eps) + np.asarray(beta), **kept}
