"""Divides weight by weight, which gives the sign.

test: test_keras_optimizer
message: divide by the length of its whole momentum
"""

# cell: keras_optimizer
class KerasNormalized(keras.optimizers.Optimizer):
    def __init__(self, learning_rate, beta):
        super().__init__(learning_rate=learning_rate)
        self.beta = beta

    def build(self, variables):
        super().build(variables)
        self.momenta = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        m = self.momenta[self._get_variable_index(variable)]
        self.assign(m, self.beta * m + gradient)
        self.assign_sub(variable, learning_rate * m / (keras.ops.abs(m) + 1e-12))


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
