"""Returns the difference itself.

test: test_check
message: is off by half of its size
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
        errors.append(abs(slope - grad.flat[i]))
    if not np.all(np.isfinite(errors + [size])):
        return float("inf")
    return max(errors)
