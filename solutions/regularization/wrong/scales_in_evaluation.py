"""Scales in evaluation, as the first paper did, and in training as well.

test: test_dropout
message: nothing scaled
"""

# cell: dropout
def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError(f"a rate is at least 0 and below 1, not {rate}")
    A = np.asarray(A, dtype=float)
    slope = np.full(A.shape, 1 - rate)
    if training:
        slope = (np.random.default_rng(seed).random(A.shape) >= rate) / (1 - rate)
    return {"out": A * slope, "slope": slope}
