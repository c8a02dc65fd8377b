"""Corrects once per pass, with the weights from its start.

test: test_perceptron
message: must use the weights that the sample before it left behind
"""

# cell: perceptron
def perceptron(X, y, epochs):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
    for _ in range(epochs):
        missed = y * (X @ w + b) <= 0
        w, b = w + (missed * y) @ X, b + (missed * y).sum()
        mistakes.append(int(missed.sum()))
        if mistakes[-1] == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
