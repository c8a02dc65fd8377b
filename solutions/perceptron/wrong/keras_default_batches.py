"""Leaves fit at batches of 32, so one pass is two updates.

test: test_keras_neuron
message: is each step one update on the whole batch?
"""

# cell: keras_neuron
def keras_neuron(X, y, w, b, lr, steps):
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(1, activation="sigmoid")])
    model.set_weights([w[:, None], np.array([b])])
    model.compile(keras.optimizers.SGD(lr), "binary_crossentropy")
    history = model.fit(X, y, epochs=steps, verbose=0)
    kernel, bias = model.get_weights()
    return {"w": kernel[:, 0], "b": float(bias[0]), "losses": history.history["loss"]}
