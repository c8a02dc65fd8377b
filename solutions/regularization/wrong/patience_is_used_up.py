"""Counts patience down and never gives it back.

test: test_early_stopping
message: the count of bad epochs starts anew
"""

# cell: early_stopping
def early_stopping(val_losses, patience, min_delta=0.0):
    lowest, best_epoch, left = np.inf, None, patience
    for epoch, loss in enumerate(val_losses):
        if not np.isfinite(loss):
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "not finite"}
        if best_epoch is None or loss < lowest - min_delta:
            lowest, best_epoch = loss, epoch
        else:
            left -= 1
        if left == 0:
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "patience"}
    return {"epochs": len(val_losses), "best_epoch": best_epoch, "reason": "end"}
