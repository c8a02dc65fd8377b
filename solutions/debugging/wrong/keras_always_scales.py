"""Gives every gradient the length max_norm, the short ones too.

test: test_keras_train
message: are gradients shortened only when they are too long
"""

# cell: keras_train
def keras_train(X, y, W, b, lr, max_norm, steps):
    W, b, losses = np.array(W, dtype=float), np.array(b, dtype=float), []
    for _ in range(steps):
        P = np.asarray(keras.ops.convert_to_numpy(keras.ops.softmax(X @ W + b)), dtype=float)
        losses.append(float(-np.mean(np.log(P[np.arange(len(y)), y]))))
        P[np.arange(len(y)), y] -= 1
        dW, db = X.T @ P / len(y), P.mean(axis=0)
        length = np.sqrt((dW**2).sum() + (db**2).sum())
        W, b = W - lr * max_norm / length * dW, b - lr * max_norm / length * db
    return {"W": W, "b": b, "losses": losses}
