"""Hands in the broken check: float32 and a step of 1e-7.

test: test_check
message: in which precision, and with which step
"""

# cell: check
def check_gradient(loss, grad, w, eps=1e-7):
    w, grad = np.asarray(w, dtype=np.float32), np.asarray(grad)
    worst = 0.0
    for i in range(min(w.size, 100)):
        up, down = w.copy(), w.copy()
        up.flat[i] += eps
        down.flat[i] -= eps
        slope = (loss(up) - loss(down)) / (2 * eps)
        worst = max(worst, abs(slope - grad.flat[i]))
    return worst
