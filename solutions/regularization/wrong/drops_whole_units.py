"""Draws once per unit, for the whole batch.

test: test_dropout
message: whole rows or columns are dropped together
"""

# cell: dropout
def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError(f"a rate is at least 0 and below 1, not {rate}")
    A = np.asarray(A, dtype=float)
    slope = np.ones(A.shape)
    if training:
        slope = (np.random.default_rng(seed).random(A.shape[1]) >= rate) * np.ones(A.shape) / (1 - rate)
    return {"out": A * slope, "slope": slope}
