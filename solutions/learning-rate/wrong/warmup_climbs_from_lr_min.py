"""Climbs from lr_min instead of 0.

test: test_warmup
message: does not climb in equal steps from lr/10
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    peak = max(warmup, 1) - 1
    if t < peak:
        return lr_min + (lr - lr_min) * (t + 1) / warmup
    return cosine_rate(t - peak, lr, steps - peak, lr_min)
