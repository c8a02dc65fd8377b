"""Compares with the epoch before, not with the best.

test: test_early_stopping
message: an improvement is one over the best epoch so far
"""

# cell: early_stopping
def early_stopping(val_losses, patience, min_delta=0.0):
    bad, best_epoch, before = 0, None, np.inf
    for epoch, loss in enumerate(val_losses):
        if not np.isfinite(loss):
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "not finite"}
        if loss < before - min_delta:
            bad = 0
            if best_epoch is None or loss < val_losses[best_epoch]:
                best_epoch = epoch
        else:
            bad += 1
        before = loss
        if bad >= patience:
            return {"epochs": epoch + 1, "best_epoch": best_epoch, "reason": "patience"}
    return {"epochs": len(val_losses), "best_epoch": best_epoch, "reason": "end"}
