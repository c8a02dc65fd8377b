"""Counts an epoch as bad only if its loss is above the best, and nan is never above.

test: test_stopping
message: neither < nor > is true for nan
"""

# cell: stopping
def early_stopping(losses, patience):
    lowest, best = np.inf, -1
    bad = 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            lowest, best, bad = loss, epoch, 0
        elif loss >= lowest:
            bad += 1
        if bad == patience:
            break
    return {"stop": epoch, "best": best}
