"""Does not count anew after a cut.

test: test_plateau
message: so epoch 4 is the first with 0.4
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
        if bad >= patience:
            lr = max(lr * factor, lr_min)
    return np.array(rates)
