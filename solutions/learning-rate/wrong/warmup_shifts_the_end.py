"""Lets the cosine take all steps, so that the end comes after the training.

test: test_warmup
message: over how many updates does it fall
"""

# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    if t < warmup:
        return lr * (t + 1) / warmup
    return cosine_rate(t - warmup + 1, lr, steps, lr_min)
