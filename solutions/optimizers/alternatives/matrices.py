"""Whole paths at once with matrices of powers; the average form of momentum, which the normalisation makes equal."""

# cell: momentum
def decays(beta, steps):
    age = np.subtract.outer(np.arange(steps), np.arange(steps))
    return np.tril(np.power(float(beta), np.clip(age, 0, None)))


def momentum_path(grads, w, lr, beta, nesterov=False):
    G = np.asarray(grads, dtype=float)
    V = decays(beta, len(G)) @ G
    return np.asarray(w, dtype=float) - lr * np.cumsum(G + beta * V if nesterov else V, axis=0)


# cell: rmsprop
def rmsprop_path(grads, w, lr, rho=0.9, eps=1e-8):
    G = np.asarray(grads, dtype=float)
    mean_square = (1 - rho) * decays(rho, len(G)) @ G**2
    return np.asarray(w, dtype=float) - lr * np.cumsum(G / (np.sqrt(mean_square) + eps), axis=0)


# cell: rate
def largest_rate(X):
    return len(X) / np.linalg.norm(np.asarray(X, dtype=float), 2) ** 2


# cell: keras_optimizer
class KerasNormalized(keras.optimizers.Optimizer):
    def __init__(self, learning_rate, beta):
        super().__init__(learning_rate=learning_rate)
        self.beta = beta

    def build(self, variables):
        super().build(variables)
        self.averages = {}
        for variable in variables:
            self.averages[self._var_key(variable)] = self.add_variable_from_reference(variable, name="average")

    def update_step(self, gradient, variable, learning_rate):
        m = self.averages[self._var_key(variable)]
        m.assign(m + (1 - self.beta) * (gradient - m))
        length = keras.ops.norm(keras.ops.reshape(m, (-1,)))
        variable.assign(variable - learning_rate * m / (length + 1e-12))


def keras_line(X, y, w, b, lr, beta, steps):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    parts = [keras.Variable(np.asarray(part, dtype="float32")) for part in (w, b)]
    optimizer = KerasNormalized(float(lr), beta)
    optimizer.build(parts)
    result = {"w": [], "b": []}
    for _ in range(steps):
        now = [np.asarray(keras.ops.convert_to_numpy(part), dtype=float) for part in parts]
        error = X @ now[0] + now[1] - y
        grads = [2 * X.T @ error / len(X), np.array(2 * error.mean())]
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32")) for g in grads])
        result["w"].append(keras.ops.convert_to_numpy(parts[0]).tolist())
        result["b"].append(float(keras.ops.convert_to_numpy(parts[1])))
    return result
