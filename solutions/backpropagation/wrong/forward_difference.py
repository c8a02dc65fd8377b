"""Takes a one-sided difference.

test: test_numerical_gradients
message: is it a difference on both sides
"""

# cell: numerical_gradients
def numerical_gradients(X, y, params, eps):
    def loss(changed):
        y_hat = forward(X, changed)["y_hat"]
        return np.mean(-np.log(np.where(np.asarray(y) == 1, y_hat, 1 - y_hat)))

    slopes = {}
    for name, value in params.items():
        slopes[name] = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[index] = eps
            slopes[name][index] = (loss({**params, name: value + step}) - loss(params)) / eps
    return slopes
