"""Takes lr_min for a floor under a cosine that ends at 0.

test: test_decays
message: is it more than a lower limit
"""

# cell: decays
def step_rate(t, lr, every, factor):
    return lr * factor ** (t // every)


def exponential_rate(t, lr, rate):
    return lr * np.exp(-rate * t)


def cosine_rate(t, lr, steps, lr_min=0.0):
    return max(lr_min, lr * (1 + np.cos(np.pi * min(t / steps, 1.0))) / 2)
