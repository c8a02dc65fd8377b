"""Hands in the broken early stopping: patience counts down and never comes back.

test: test_stopping
message: what does an improvement reset?
"""

# cell: stopping
def early_stopping(losses, patience):
    best, left = 1.0, patience
    for epoch, loss in enumerate(losses):
        if loss < best:
            best, best_epoch = loss, epoch
        if loss > best:
            left -= 1
        if left == 0:
            break
    return {"stop": epoch, "best": best_epoch}
