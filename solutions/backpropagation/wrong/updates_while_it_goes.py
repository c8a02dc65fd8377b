"""Updates one parameter before it takes the gradient of the next.

test: test_train
message: are all gradients taken before any parameter moves
"""

# cell: train
def train(X, y, params, lr, steps):
    params, losses = dict(params), []
    for _ in range(steps):
        y_hat = forward(X, params)["y_hat"]
        losses.append(float(np.mean(-np.log(np.where(np.asarray(y) == 1, y_hat, 1 - y_hat)))))
        for name in params:
            params = {**params, name: params[name] - lr * backward(X, y, params)[name]}
    return {"params": params, "losses": losses}
