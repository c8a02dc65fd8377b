"""Adds every missed sample, whatever its label.

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
            if y_i * z <= 0:
                w, b, wrong = w + x_i, b + 1, wrong + 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
