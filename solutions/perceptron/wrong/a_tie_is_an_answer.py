"""Takes a pre-activation of 0 for class -1.

test: test_perceptron
message: pre-activation 0 is a mistake for class -1 too
"""

# cell: perceptron
def perceptron(X, y, epochs):
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    w, b, mistakes = np.zeros(X.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for x_i, y_i in zip(X, y):
            z = x_i @ w + b
            answer = 1 if z > 0 else -1
            if answer != y_i:
                w, b, wrong = w + y_i * x_i, b + y_i, wrong + 1
        mistakes.append(wrong)
        if wrong == 0:
            break
    return {"w": w, "b": b, "mistakes": mistakes}
