"""Hands logits to a loss that expects probabilities.

test: test_keras_neuron
message: does the loss know whether it receives logits or probabilities
"""

# cell: keras_neuron
def keras_neuron(X, y, w, b, lr, steps):
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(1)])
    model.set_weights([w[:, None], np.array([b])])
    model.compile(keras.optimizers.SGD(lr), "binary_crossentropy")
    history = model.fit(X, y, epochs=steps, verbose=0, batch_size=len(X))
    kernel, bias = model.get_weights()
    return {"w": kernel[:, 0], "b": float(bias[0]), "losses": history.history["loss"]}
