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
            z = x_i @ w + b
            w, b = w + y_i * x_i, b + y_i
            wrong += int(y_i * z <= 0)
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
