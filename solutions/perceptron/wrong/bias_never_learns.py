"""Corrects the weights and leaves the bias at 0.

test: test_perceptron
message: w becomes x = [3 1] and b becomes 1
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
                w, wrong = w + y_i * x_i, wrong + 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
