"""Hands in the broken training: the loss takes logits for probabilities.

test: test_keras_train
message: does the loss know that it gets logits?
"""

# cell: keras_train
def keras_train(X, y, W, b, lr, max_norm, steps):
    model = keras.Sequential([keras.Input((np.shape(W)[0],)), keras.layers.Dense(np.shape(W)[1])])
    model.set_weights([W, b])
    model.compile(keras.optimizers.SGD(lr, clipnorm=max_norm), loss="sparse_categorical_crossentropy")
    history = model.fit(X, y, epochs=steps, verbose=0)
    return {"W": model.get_weights()[0], "b": model.get_weights()[1], "losses": history.history["loss"]}
