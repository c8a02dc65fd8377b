"""Drops and does not scale.

test: test_dropout
message: scale what stays
"""

# cell: dropout
def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError(f"a rate is at least 0 and below 1, not {rate}")
    A = np.asarray(A, dtype=float)
    slope = np.ones(A.shape)
    if training:
        slope = (np.random.default_rng(seed).random(A.shape) >= rate) * 1.0
    return {"out": A * slope, "slope": slope}
