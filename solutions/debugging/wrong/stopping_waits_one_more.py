"""Waits for more bad epochs than patience.

test: test_stopping
message: until it stops the smallest loss
"""

# cell: stopping
def early_stopping(losses, patience):
    lowest, best = np.inf, -1
    bad = 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            lowest, best, bad = loss, epoch, 0
        else:
            bad += 1
        if bad > patience:
            break
    return {"stop": epoch, "best": best}
