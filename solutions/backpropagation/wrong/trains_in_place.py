"""Changes the caller's parameters.

test: test_train
message: must stay as they were
"""

# cell: train
def train(X, y, params, lr, steps):
    params, losses = params, []
    for _ in range(steps):
        y_hat = forward(X, params)["y_hat"]
        losses.append(float(np.mean(-np.log(np.where(np.asarray(y) == 1, y_hat, 1 - y_hat)))))
        grads = backward(X, y, params)
        for name in params:
            params[name] -= lr * grads[name]
    return {"params": params, "losses": losses}
