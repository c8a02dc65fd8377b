"""Clips every entry of the gradients.

test: test_keras_train
message: is every variable clipped by itself?
"""

# cell: keras_train
def keras_train(X, y, W, b, lr, max_norm, steps):
    model = keras.Sequential([keras.Input((np.shape(W)[0],)), keras.layers.Dense(np.shape(W)[1])])
    model.set_weights([W, b])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(lr, clipvalue=max_norm), loss=loss)
    history = model.fit(X, y, batch_size=len(X), epochs=steps, verbose=0)
    return {"W": model.get_weights()[0], "b": model.get_weights()[1], "losses": history.history["loss"]}
