"""Takes a whole period of the cosine.

test: test_decays
message: the cosine reaches lr_min = 0 at update 4
"""

# cell: decays
def step_rate(t, lr, every, factor):
    return lr * factor ** (t // every)


def exponential_rate(t, lr, rate):
    return lr * np.exp(-rate * t)


def cosine_rate(t, lr, steps, lr_min=0.0):
    return lr_min + (lr - lr_min) * (1 + np.cos(2 * np.pi * min(t / steps, 1.0))) / 2
