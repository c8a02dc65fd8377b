"""Forgets lr_min.

test: test_plateau
message: must not fall below lr_min
"""

# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    best, bad, rates = np.inf, 0, []
    for loss in losses:
        rates.append(lr)
        if loss < best - min_delta:
            best, bad = loss, 0
        else:
            bad += 1
        if bad == patience:
            lr, bad = lr * factor, 0
    return np.array(rates)
