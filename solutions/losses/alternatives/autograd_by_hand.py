"""PyTorch without an optimiser, and Keras with the penalty inside the loss."""

# cell: focal
def focal_loss(logits, y, weights, gamma):
    Z = torch.tensor(np.asarray(logits, dtype="float64"), requires_grad=True)
    y = torch.as_tensor(np.asarray(y)).long()
    log_p = (Z - torch.logsumexp(Z, 1, keepdim=True))[torch.arange(len(y)), y]
    w = torch.as_tensor(np.asarray(weights, dtype="float64"))[y]
    loss = (-w * (-torch.expm1(log_p)) ** gamma * log_p).mean()
    loss.backward()
    return {"loss": loss.item(), "grad": Z.grad.numpy()}

# cell: torch_train
def torch_train(X, y, W, b, weights, gamma, l2, lr, steps):
    X, y, W, b, weights = (torch.tensor(np.asarray(v)) for v in (X, y, W, b, weights))
    X, W, b, weights = X.double(), W.double().requires_grad_(), b.double().requires_grad_(), weights.double()
    losses = []
    for _ in range(steps):
        each = torch.nn.functional.cross_entropy(X @ W + b, y, reduction="none")
        loss = (weights[y] * (1 - torch.exp(-each)) ** gamma * each).mean() + l2 * (W * W).sum()
        dW, db = torch.autograd.grad(loss, (W, b))
        with torch.no_grad():
            W.sub_(lr * dW)
            b.sub_(lr * db)
        losses.append(float(loss.detach()))
    return {"W": W.detach().numpy(), "b": b.detach().numpy(), "losses": losses}

# cell: keras_train
def keras_train(X, y, W, b, weights, gamma, l2, lr, steps):
    k = len(b)
    layer = keras.layers.Dense(k)
    model = keras.Sequential([keras.Input((np.shape(X)[1],)), layer])
    model.set_weights([np.asarray(W), np.asarray(b)])
    table = keras.ops.convert_to_tensor(np.asarray(weights, dtype="float32"))

    class Composite(keras.losses.Loss):
        def call(self, target, logits):
            target = keras.ops.cast(keras.ops.reshape(target, (-1,)), "int32")
            each = keras.losses.sparse_categorical_crossentropy(target, logits, from_logits=True)
            w = keras.ops.take(table, target)
            focal = w * (1 - keras.ops.exp(-each)) ** gamma * each
            return focal + l2 * keras.ops.sum(keras.ops.square(layer.kernel))

    model.compile(optimizer=keras.optimizers.SGD(learning_rate=lr), loss=Composite())
    history = model.fit(np.asarray(X, "float32"), np.asarray(y), batch_size=len(y), epochs=steps, verbose=0, shuffle=False)
    kernel, bias = model.get_weights()
    return {"W": kernel, "b": bias, "losses": history.history["loss"]}
