"""Plain loops over samples and units, with lists."""

# cell: forward
def forward(X, params):
    import math

    d, h = np.shape(params["W1"])
    Z1 = [[float(params["b1"][j]) + sum(float(x[i]) * float(params["W1"][i][j]) for i in range(d)) for j in range(h)] for x in X]
    A1 = [[math.tanh(z) for z in row] for row in Z1]
    Z2 = [[float(params["b2"][0]) + sum(a * float(params["W2"][j][0]) for j, a in enumerate(row))] for row in A1]
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "y_hat": [1 / (1 + math.exp(-z[0])) for z in Z2]}

# cell: backward
def backward(X, y, params):
    out, n = forward(X, params), len(X)
    grads = {name: np.zeros(np.shape(value)) for name, value in params.items()}
    for x, target, a, p in zip(X, y, out["A1"], out["y_hat"]):
        blame = (p - target) / n
        grads["b2"][0] += blame
        for j, a_j in enumerate(a):
            grads["W2"][j, 0] += blame * a_j
            inner = blame * params["W2"][j, 0] * (1 - a_j * a_j)
            grads["b1"][j] += inner
            for i, x_i in enumerate(x):
                grads["W1"][i, j] += inner * x_i
    return grads

# cell: numerical_gradients
def numerical_gradients(X, y, params, eps):
    copies = {name: np.array(value, dtype=float) for name, value in params.items()}

    def loss():
        return -np.mean([np.log(p if t else 1 - p) for p, t in zip(forward(X, copies)["y_hat"], y)])

    result = {}
    for name, array in copies.items():
        slopes = []
        for i in range(array.size):
            middle = array.flat[i]
            array.flat[i] = middle + eps
            above = loss()
            array.flat[i] = middle - eps
            slopes.append((above - loss()) / (2 * eps))
            array.flat[i] = middle
        result[name] = np.reshape(slopes, array.shape)
    return result
