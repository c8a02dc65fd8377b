"""Draws from one generator for all calls.

test: test_dropout
message: the same seed drops other activations
"""

# cell: dropout
shared = np.random.default_rng(0)


def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError("rate")
    A = np.asarray(A, dtype=float)
    slope = (shared.random(A.shape) >= rate) / (1 - rate) if training else np.ones(A.shape)
    return {"out": A * slope, "slope": slope}
