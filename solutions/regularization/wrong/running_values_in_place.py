"""Writes into the caller's running values.

test: test_batchnorm
message: changed the caller's running values
"""

# cell: batchnorm
def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    if convention not in ("pytorch", "keras"):
        raise ValueError(f"no convention {convention!r}: 'pytorch' or 'keras'")
    X = np.asarray(X, dtype=float)
    kept = {name: np.asarray(running[name], dtype=float) for name in ("mean", "var")}
    used = kept
    if training:
        used = {"mean": X.mean(axis=0), "var": X.var(axis=0)}
        seen = used if convention == "keras" else {**used, "var": X.var(axis=0, ddof=1)}
        share = momentum if convention == "pytorch" else 1 - momentum
        for name in kept:
            running[name] += share * (seen[name] - kept[name])
        kept = running
    normal = (X - used["mean"]) / np.sqrt(used["var"] + eps)
    return {"out": np.asarray(gamma) * normal + np.asarray(beta), **kept}
