"""Moves the weights for every sample, right or wrong.

test: test_perceptron
message: answered rightly must not change the weights
"""

# cell: perceptron
def perceptron(X, y, epochs):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for x_i, y_i in zip(X, y):
            answer = int(x_i @ w + b > 0)
            w, b = w + (2 * y_i - 1) * x_i, b + (2 * y_i - 1)
            wrong += int(answer != y_i)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
