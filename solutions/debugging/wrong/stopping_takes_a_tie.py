"""Takes a loss equal to the best for an improvement.

test: test_stopping
message: stays at its best value is no improvement
"""

# cell: stopping
def early_stopping(losses, patience):
    lowest, best = np.inf, -1
    bad = 0
    for epoch, loss in enumerate(losses):
        if loss <= lowest:
            lowest, best, bad = loss, epoch, 0
        else:
            bad += 1
        if bad == patience:
            break
    return {"stop": epoch, "best": best}
