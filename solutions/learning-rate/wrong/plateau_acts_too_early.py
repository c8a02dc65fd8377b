"""Gives the epoch the rate that its own loss leads to.

test: test_plateau
message: is trained before its loss is known
"""

# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    best, bad, rates = np.inf, 0, []
    for loss in losses:
        if loss < best - min_delta:
            best, bad = loss, 0
        else:
            bad += 1
        if bad == patience:
            lr, bad = max(lr * factor, lr_min), 0
        rates.append(lr)
    return np.array(rates)
