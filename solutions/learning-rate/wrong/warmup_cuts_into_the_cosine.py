"""Starts the cosine at update 0, so that the rate jumps when the warm-up ends.

test: test_warmup
message: over how many updates does it fall
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    if t < warmup:
        return lr * (t + 1) / warmup
    return cosine_rate(t, lr, steps, lr_min)
