"""Takes the same amount off in every update, not the same share.

test: test_decays
message: every update takes the same share of what is left
"""

# cell: decays
def step_rate(t, lr, every, factor):
    return lr * factor ** (t // every)


def exponential_rate(t, lr, rate):
    return max(lr * (1 - rate * t), 0.0)


def cosine_rate(t, lr, steps, lr_min=0.0):
    return lr_min + (lr - lr_min) * (1 + np.cos(np.pi * min(t / steps, 1.0))) / 2
