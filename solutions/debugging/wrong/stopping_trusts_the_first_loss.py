"""Takes the first loss for the best, also when it is nan.

test: test_stopping
message: nan from the start
"""

# cell: stopping
def early_stopping(losses, patience):
    lowest, best = losses[0], 0
    bad = 0
    for epoch, loss in list(enumerate(losses))[1:]:
        if loss < lowest:
            lowest, best, bad = loss, epoch, 0
        else:
            bad += 1
        if bad == patience:
            break
    return {"stop": epoch, "best": best}
