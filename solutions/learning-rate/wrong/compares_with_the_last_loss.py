"""Takes a loss below the one before for an improvement.

test: test_plateau
message: What do you compare with
"""

# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    last, bad, rates = np.inf, 0, []
    for loss in losses:
        rates.append(lr)
        bad = 0 if loss < last - min_delta else bad + 1
        last = loss
        if bad == patience:
            lr, bad = max(lr * factor, lr_min), 0
    return np.array(rates)
