"""Writes the loss with the prediction first, but Keras hands over the target first.

test: test_keras_train
message: which argument is the target?
"""

# cell: keras_train
def keras_train(X, y, W, b, weights, gamma, l2, lr, steps):
    X, y = np.asarray(X, dtype="float32"), np.asarray(y)
    d, k = np.shape(W)
    one_hot = np.eye(k, dtype="float32")[y]
    weights = np.asarray(weights, dtype="float32")

    def focal(logits, target):
        log_p = keras.ops.sum(target * keras.ops.log_softmax(logits), axis=-1)
        w = keras.ops.sum(target * weights, axis=-1)
        return -w * keras.ops.power(1 - keras.ops.exp(log_p), gamma) * log_p

    layer = keras.layers.Dense(k, kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential([keras.Input((d,)), layer])
    model.set_weights([np.asarray(W), np.asarray(b)])
    model.compile(keras.optimizers.SGD(lr), focal)
    history = model.fit(X, one_hot, batch_size=len(X), epochs=steps, verbose=0)
    kernel, bias = model.get_weights()
    return {"W": kernel, "b": bias, "losses": history.history["loss"]}
