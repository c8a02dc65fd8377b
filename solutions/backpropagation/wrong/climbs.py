"""Adds the gradient.

test: test_train
message: descent walks against the gradient
"""

# cell: train
def train(X, y, params, lr, steps):
    params, losses = dict(params), []
    for _ in range(steps):
        y_hat = forward(X, params)["y_hat"]
        losses.append(float(np.mean(-np.log(np.where(np.asarray(y) == 1, y_hat, 1 - y_hat)))))
        grads = backward(X, y, params)
        params = {name: value + lr * grads[name] for name, value in params.items()}
    return {"params": params, "losses": losses}
