"""Runs all epochs, also after everything is right.

test: test_perceptron
message: must end after the first pass without a mistake
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
                w, b, wrong = w + y_i * x_i, b + y_i, wrong + 1
        mistakes.append(wrong)
    return {"w": w, "b": b, "mistakes": mistakes}
