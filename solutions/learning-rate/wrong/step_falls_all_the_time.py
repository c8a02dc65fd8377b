"""Lets the steps fall in every update.

test: test_decays
message: does the rate stay constant within a block
"""

# cell: decays
def step_rate(t, lr, every, factor):
    return lr * factor ** (t / every)


def exponential_rate(t, lr, rate):
    return lr * np.exp(-rate * t)


def cosine_rate(t, lr, steps, lr_min=0.0):
    return lr_min + (lr - lr_min) * (1 + np.cos(np.pi * min(t / steps, 1.0))) / 2
