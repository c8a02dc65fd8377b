"""Uses rate 0 in the first update.

test: test_warmup
message: the first update has rate 0
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    peak = max(warmup, 1) - 1
    if t < peak:
        return lr * t / peak
    return cosine_rate(t - peak, lr, steps - peak, lr_min)
