"""Forgets to undo the step.

test: test_numerical_gradients
message: changed the caller
"""

# cell: numerical_gradients
def numerical_gradients(X, y, params, eps):
    def loss():
        y_hat = forward(X, params)["y_hat"]
        return np.mean(-np.log(np.where(np.asarray(y) == 1, y_hat, 1 - y_hat)))

    slopes = {}
    for name, value in params.items():
        slopes[name] = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            value[index] += eps
            above = loss()
            value[index] -= 2 * eps
            slopes[name][index] = (above - loss()) / (2 * eps)
    return slopes
