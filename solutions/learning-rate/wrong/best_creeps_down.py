"""Remembers every smaller loss as the best, also one that gains too little.

test: test_plateau
message: small gains add up
"""

# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    best, bad, rates = np.inf, 0, []
    for loss in losses:
        rates.append(lr)
        bad = 0 if loss < best - min_delta else bad + 1
        best = min(best, loss)
        if bad == patience:
            lr, bad = max(lr * factor, lr_min), 0
    return np.array(rates)
