"""Starts from Keras's random weights.

test: test_keras_neuron
message: does the model start from w and b?
"""

# cell: keras_neuron
def keras_neuron(X, y, w, b, lr, steps):
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(lr), "binary_crossentropy")
    history = model.fit(X, y, epochs=steps, verbose=0, batch_size=len(X))
    kernel, bias = model.get_weights()
    return {"w": kernel[:, 0], "b": float(bias[0]), "losses": history.history["loss"]}
