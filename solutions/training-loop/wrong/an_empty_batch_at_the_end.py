"""Adds an empty batch when the samples come out even.

test: test_batches
message: no empty one
"""

# cell: batches
def epoch_batches(n, batch_size, seed, epoch):
    if batch_size < 1:
        raise ValueError(f"a batch has at least one sample, not {batch_size}")
    order = np.random.default_rng([seed, epoch]).permutation(n)
    return [order[start : start + batch_size] for start in range(0, n + 1, batch_size)]
