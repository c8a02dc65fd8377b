"""Treats labels 0 and 1 as if they were -1 and 1, so a false alarm changes nothing.

test: test_perceptron
message: it must be taken away from the weights at once
"""

# cell: perceptron
def perceptron(X, y, epochs):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for x_i, y_i in zip(X, y):
            answer = int(x_i @ w + b > 0)
            if answer != y_i:
                w, b, wrong = w + y_i * x_i, b + y_i, wrong + 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
