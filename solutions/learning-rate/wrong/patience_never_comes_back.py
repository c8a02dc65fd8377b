"""Counts the patience down and never back up.

test: test_plateau
message: does an improvement reset the count
"""

# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    best, left, rates = np.inf, patience, []
    for loss in losses:
        rates.append(lr)
        if loss < best - min_delta:
            best = loss
        else:
            left -= 1
        if left == 0:
            lr, left = max(lr * factor, lr_min), patience
    return np.array(rates)
