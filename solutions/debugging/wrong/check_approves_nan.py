"""Keeps the larger of two errors with max, which passes over nan.

test: test_check
message: a gradient with a nan in it is approved
"""

# cell: check
def check_gradient(loss, grad, w):
    w, grad = np.array(w, dtype=float), np.asarray(grad, dtype=float)
    worst = size = 0.0
    for i in range(w.size):
        up, down = w.copy(), w.copy()
        up.flat[i] += 1e-5
        down.flat[i] -= 1e-5
        slope = (loss(up) - loss(down)) / 2e-5
        worst = max(worst, abs(slope - grad.flat[i]))
        size = max(size, abs(slope), abs(grad.flat[i]))
    return worst / size if size > 0 else 0.0
