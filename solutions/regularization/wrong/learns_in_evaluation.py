"""Moves the running values in evaluation.

test: test_batchnorm
message: the running values move in evaluation
"""

# cell: batchnorm
def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    X = np.asarray(X, dtype=float)
    if convention not in ("pytorch", "keras"):
        raise ValueError(convention)
    share = momentum if convention == "pytorch" else 1 - momentum
    mean, var = (X.mean(axis=0), X.var(axis=0)) if training else (running["mean"], running["var"])
    new = X.var(axis=0, ddof=1 if convention == "pytorch" else 0)
    kept = {"mean": (1 - share) * running["mean"] + share * X.mean(axis=0), "var": (1 - share) * running["var"] + share * new}
    return {"out": gamma * (X - mean) / np.sqrt(var + eps) + np.asarray(beta), **kept}
