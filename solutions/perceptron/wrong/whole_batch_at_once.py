"""Corrects once per pass, with the weights from its start.

test: test_perceptron
message: with the weights that the first sample left
"""

# cell: perceptron
def perceptron(X, y, epochs):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
    for _ in range(epochs):
        error = y - (X @ w + b > 0)
        w, b = w + error @ X, b + error.sum()
        mistakes.append(int(abs(error).sum()))
        if mistakes[-1] == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
