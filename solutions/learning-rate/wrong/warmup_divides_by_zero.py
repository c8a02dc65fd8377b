"""Divides by the length of a warm-up that there is not.

test: test_warmup
message: division by zero
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    peak = max(warmup - 1, 0)
    rise = min((t + 1) / warmup, 1.0)
    return rise * cosine_rate(max(t - peak, 0), lr, steps - peak, lr_min)
