"""Lets Keras compute the cosine.

test: test_decays
message: keras.optimizers.schedules.CosineDecay is not available
"""

# cell: decays
def step_rate(t, lr, every, factor):
    return lr * factor ** (t // every)


def exponential_rate(t, lr, rate):
    return lr * np.exp(-rate * t)


def cosine_rate(t, lr, steps, lr_min=0.0):
    return float(keras.optimizers.schedules.CosineDecay(lr, steps, alpha=lr_min / lr)(t))
