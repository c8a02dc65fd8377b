"""Takes an equal loss for an improvement.

test: test_early_stopping
message: is no improvement
"""

# cell: early_stopping
def early_stopping(val_losses, patience, min_delta=0.0):
    lowest, best_epoch = np.inf, None
    for epoch, loss in enumerate(val_losses):
        if not np.isfinite(loss):
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "not finite"}
        if best_epoch is None or loss <= lowest - min_delta:
            lowest, best_epoch = loss, epoch
        if epoch - best_epoch >= patience:
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "patience"}
    return {"epochs": len(val_losses), "best_epoch": best_epoch, "reason": "end"}
