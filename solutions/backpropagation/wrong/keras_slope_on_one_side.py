"""Takes the slope 1 only where the step is on.

test: test_keras_gradients
message: and 0 elsewhere
"""

# cell: keras_gradients
def keras_gradients(X, y, params):
    import tensorflow as tf

    @keras.ops.custom_gradient
    def step(z):
        def grad(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            return upstream * keras.ops.cast((z > 0) & (z < 1), z.dtype)

        return keras.ops.cast(z > 0, z.dtype), grad

    variables = {name: tf.Variable(value, dtype="float32") for name, value in params.items()}
    X, y = keras.ops.cast(X, "float32"), keras.ops.cast(y, "float32")
    with tf.GradientTape() as tape:
        A1 = step(keras.ops.matmul(X, variables["W1"]) + variables["b1"])
        Z2 = (keras.ops.matmul(A1, variables["W2"]) + variables["b2"])[:, 0]
        loss = keras.ops.mean(keras.losses.binary_crossentropy(y, Z2, from_logits=True))
    grads = tape.gradient(loss, variables)
    return {"loss": float(loss), **{name: grad.numpy() for name, grad in grads.items()}}
