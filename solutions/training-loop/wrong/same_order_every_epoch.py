"""Ignores the epoch.

test: test_batches
message: draw a new order in each epoch
"""

# cell: batches
def epoch_batches(n, batch_size, seed, epoch):
    if batch_size < 1:
        raise ValueError(f"a batch has at least one sample, not {batch_size}")
    order = np.random.default_rng(seed).permutation(n)
    return [order[start : start + batch_size] for start in range(0, n, batch_size)]
