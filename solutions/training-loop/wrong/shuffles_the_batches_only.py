"""Cuts first and shuffles the batches.

test: test_batches
message: shuffle the rows first
"""

# cell: batches
def epoch_batches(n, batch_size, seed, epoch):
    if batch_size < 1:
        raise ValueError("a batch has at least one sample")
    made = [np.arange(start, min(start + batch_size, n)) for start in range(0, n, batch_size)]
    order = np.random.default_rng([seed, epoch]).permutation(len(made))
    return sorted([made[i] for i in order], key=len, reverse=True)
