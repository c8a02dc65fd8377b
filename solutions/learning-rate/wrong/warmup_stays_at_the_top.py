"""Uses the full rate twice, because the cosine starts one update late.

test: test_warmup
message: the cosine begins at its top, with the last update
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    if t < warmup:
        return lr * (t + 1) / warmup
    return cosine_rate(t - warmup, lr, steps - warmup, lr_min)
