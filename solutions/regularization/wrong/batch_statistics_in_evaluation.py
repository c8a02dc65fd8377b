"""Normalises by the batch in evaluation too.

test: test_batchnorm
message: depends on its neighbours
"""

# cell: batchnorm
def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    if convention not in ("pytorch", "keras"):
        raise ValueError(f"no convention {convention!r}: 'pytorch' or 'keras'")
    X = np.asarray(X, dtype=float)
    kept = {name: np.asarray(running[name], dtype=float) for name in ("mean", "var")}
    used = kept
    used = {"mean": X.mean(axis=0), "var": X.var(axis=0)}
    if training:
        seen = used if convention == "keras" else {**used, "var": X.var(axis=0, ddof=1)}
        share = momentum if convention == "pytorch" else 1 - momentum
        kept = {name: (1 - share) * kept[name] + share * seen[name] for name in kept}
    normal = (X - used["mean"]) / np.sqrt(used["var"] + eps)
    return {"out": np.asarray(gamma) * normal + np.asarray(beta), **kept}
