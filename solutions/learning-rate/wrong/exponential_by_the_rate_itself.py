"""Multiplies by rate in every update, as PyTorch's gamma does.

test: test_decays
message: the exponential from 0.8 is
"""

# cell: decays
def step_rate(t, lr, every, factor):
    return lr * factor ** (t // every)


def exponential_rate(t, lr, rate):
    return lr * rate**t


def cosine_rate(t, lr, steps, lr_min=0.0):
    return lr_min + (lr - lr_min) * (1 + np.cos(np.pi * min(t / steps, 1.0))) / 2
