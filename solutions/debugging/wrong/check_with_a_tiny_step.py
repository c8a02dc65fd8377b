"""Measures in float64 with a step of 1e-11, where rounding is most of the difference.

test: test_check
message: in which precision, and with which step
"""

# cell: check
def check_gradient(loss, grad, w):
    w, grad = np.array(w, dtype=float), np.asarray(grad, dtype=float)
    errors, size = [], np.abs(grad).max()
    for i in range(w.size):
        up, down = w.copy(), w.copy()
        up.flat[i] += 1e-11
        down.flat[i] -= 1e-11
        slope = (loss(up) - loss(down)) / (2 * 1e-11)
        size = max(size, abs(slope))
        errors.append(abs(slope - grad.flat[i]))
    if not np.all(np.isfinite(errors + [size])):
        return float("inf")
    return max(errors) / size if size > 0 else 0.0
