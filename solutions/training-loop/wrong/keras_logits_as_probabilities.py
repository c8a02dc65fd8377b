"""Hands logits to a loss that takes probabilities.

test: test_keras_train
message: does the loss know whether it gets logits
"""

# cell: keras_train
def keras_train(X, y, seed, epochs):
    keras.utils.set_random_seed(seed)
    X, y = np.asarray(X, dtype="float32"), np.asarray(y)
    order = np.random.default_rng(seed).permutation(len(X))
    val_rows, train_rows = np.split(order, [len(X) // 5])
    mean, std = X[train_rows].mean(axis=0), X[train_rows].std(axis=0)
    X = (X - mean) / np.where(std == 0, 1.0, std)
    hidden = keras.layers.Dense(32, activation="relu")
    model = keras.Sequential([keras.Input((X.shape[1],)), hidden, keras.layers.Dense(int(y.max()) + 1)])
    model.compile(keras.optimizers.Adam(0.02), keras.losses.SparseCategoricalCrossentropy())
    best = keras.callbacks.EarlyStopping("val_loss", patience=epochs, restore_best_weights=True)
    held_out = (X[val_rows], y[val_rows])
    record = model.fit(
        X[train_rows], y[train_rows], batch_size=16, epochs=epochs, validation_data=held_out, callbacks=[best], verbose=0
    )
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(model(X)))
    val_losses = record.history["val_loss"]
    return {
        "val_rows": val_rows, "val_losses": val_losses, "best_epoch": int(np.argmin(val_losses)), "probabilities": probabilities
    }
