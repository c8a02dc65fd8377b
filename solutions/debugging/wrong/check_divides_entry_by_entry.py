"""Divides each difference by the size of its own entry.

test: test_check
message: an entry whose slope is 0 raises an alarm
"""

# cell: check
def check_gradient(loss, grad, w):
    w, grad = np.array(w, dtype=float), np.asarray(grad, dtype=float)
    errors, size = [], np.abs(grad).max()
    for i in range(w.size):
        up, down = w.copy(), w.copy()
        up.flat[i] += 1e-5
        down.flat[i] -= 1e-5
        slope = (loss(up) - loss(down)) / (2 * 1e-5)
        size = max(size, abs(slope))
        errors.append(abs(slope - grad.flat[i]) / max(abs(slope), abs(grad.flat[i]), 1e-300))
    return float("inf") if not np.all(np.isfinite(errors + [size])) else max(errors)
