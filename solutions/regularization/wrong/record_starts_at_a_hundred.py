"""Believes that every loss is below 100.

test: test_early_stopping
message: does your record start at infinity
"""

# cell: early_stopping
def early_stopping(val_losses, patience, min_delta=0.0):
    lowest, best_epoch = 100.0, None
    for epoch, loss in enumerate(val_losses):
        if not np.isfinite(loss):
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "not finite"}
        if loss < lowest - min_delta:
            lowest, best_epoch = loss, epoch
        if epoch - (best_epoch or 0) >= patience:
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "patience"}
    return {"epochs": len(val_losses), "best_epoch": best_epoch, "reason": "end"}
