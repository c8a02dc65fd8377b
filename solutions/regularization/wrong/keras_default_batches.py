"""Lets fit cut batches of 32.

test: test_capped
message: the whole batch in one step
"""

# cell: keras_capped
def keras_capped(X, y, W, b, epsilon, limit, lr, steps):
    X, (d, k) = np.asarray(X, dtype="float32"), np.shape(W)
    cap = keras.constraints.MaxNorm(limit, axis=0)  # a column of the kernel holds the weights into one unit
    model = keras.Sequential([keras.Input((d,)), keras.layers.Dense(k, kernel_constraint=cap)])
    model.set_weights([np.asarray(W), np.asarray(b)])
    smoothed = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=epsilon)
    model.compile(keras.optimizers.SGD(lr), smoothed)
    record = model.fit(X, np.eye(k)[np.asarray(y)], epochs=steps, verbose=0)
    kernel, bias = model.get_weights()
    return {"W": kernel, "b": bias, "losses": record.history["loss"]}
