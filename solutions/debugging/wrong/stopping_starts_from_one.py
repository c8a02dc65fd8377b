"""Compares the first loss with 1.

test: test_stopping
message: what does the first one compare with?
"""

# cell: stopping
def early_stopping(losses, patience):
    lowest, best = 1.0, -1
    bad = 0
    for epoch, loss in enumerate(losses):
        if loss < lowest:
            lowest, best, bad = loss, epoch, 0
        else:
            bad += 1
        if bad == patience:
            break
    return {"stop": epoch, "best": best}
