"""Counts a bad epoch only where a comparison is true, and nan makes every comparison false.

test: test_plateau
message: a loss that is nan must count
"""

# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    best, bad, rates = np.inf, 0, []
    for loss in losses:
        rates.append(lr)
        if loss >= best - min_delta and np.isfinite(best):
            bad += 1
        else:
            best, bad = loss, 0
        if bad == patience:
            lr, bad = max(lr * factor, lr_min), 0
    return np.array(rates)
