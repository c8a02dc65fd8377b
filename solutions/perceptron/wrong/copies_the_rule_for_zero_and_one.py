"""Keeps the rule for labels 0 and 1, so a false alarm counts twice.

test: test_perceptron
message: it must be taken away from the weights once
"""

# cell: perceptron
def perceptron(X, y, epochs):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for x_i, y_i in zip(X, y):
            z = x_i @ w + b
            error = y_i - int(z > 0)
            w, b, wrong = w + error * x_i, b + error, wrong + int(error != 0)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
