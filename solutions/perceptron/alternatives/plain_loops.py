"""Loops and lists, no vectorised NumPy."""

# cell: neuron
def neuron(X, w, b):
    return [sum(x_j * w_j for x_j, w_j in zip(x, w)) + b for x in X]


# cell: units
import math


def fires(X, w, threshold):
    return [1 if z > threshold else 0 for z in neuron(X, w, 0.0)]


def sigmoid(Z):
    if np.ndim(Z):
        return np.array([sigmoid(z) for z in Z])
    if Z < 0:
        return math.exp(Z) / (1 + math.exp(Z))
    return 1 / (1 + math.exp(-Z))


# cell: perceptron
def perceptron(X, y, epochs):
    w, b, mistakes = [0.0] * len(X[0]), 0, []
    while len(mistakes) < epochs and 0 not in mistakes:
        count = 0
        for x, label in zip(X, y):
            z = neuron([x], w, b)[0]
            if label < 0 and z >= 0:
                w, b, count = [w_j - x_j for w_j, x_j in zip(w, x)], b - 1, count + 1
            if label > 0 and z <= 0:
                w, b, count = [w_j + x_j for w_j, x_j in zip(w, x)], b + 1, count + 1
        mistakes.append(count)
    return {"w": w, "b": b, "mistakes": mistakes}


# cell: margin
def margin(X, y, w, b):
    length = math.sqrt(sum(w_j**2 for w_j in w))
    return min(label * z / length for z, label in zip(neuron(X, w, b), y))


# cell: exactly_one
def exactly_one():
    # first unit: at most one input is on; second unit: at least one is on; output: both
    return {"W1": [[-2, 2], [-2, 2], [-2, 2]], "b1": [3, -1], "w2": [2, 2], "b2": -3}
