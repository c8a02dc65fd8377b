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
            answer = int(x_i @ w + b > 0)
            error = y_i - answer
            w, b, wrong = w + error * x_i, b + error, wrong + abs(error)
        mistakes.append(wrong)
    return {"w": w, "b": b, "mistakes": mistakes}
