"""Everything in float32, in place on copies, and lists come back; the gradient check alone stays in float64."""

# cell: epoch
def train_epoch(X, y, w, b, lr, batch_size, order):
    X, y = np.asarray(X, np.float32)[order], np.asarray(y, np.float32)[order]
    w, b = np.array(w, np.float32), np.float32(b)
    seen = np.zeros(len(y), np.float32)
    start = 0
    while start < len(y):
        rows = slice(start, start + batch_size)
        error = X[rows] @ w + b - y[rows]
        seen[rows] = error * error
        w -= np.float32(lr) * 2 * (error[:, None] * X[rows]).mean(axis=0)
        b -= np.float32(lr) * 2 * error.mean()
        start += batch_size
    return {"w": w.tolist(), "b": b, "loss": seen.mean()}


# cell: scale
def standardize(X_train, X_val):
    X_train, X_val = np.array(X_train, np.float32), np.array(X_val, np.float32)
    mean, spread = X_train.mean(0, keepdims=True), X_train.std(0, keepdims=True)
    spread[np.ptp(X_train, axis=0, keepdims=True) == 0] = 1
    X_train -= mean
    X_train /= spread
    X_val -= mean
    X_val /= spread
    return {"train": X_train.tolist(), "val": X_val.tolist()}


# cell: stopping
def early_stopping(losses, patience):
    best, left, lowest = -1, patience, None
    for epoch, loss in enumerate(np.asarray(losses, np.float32)):
        better = not np.isnan(loss) and (lowest is None or loss < lowest)
        if better:
            lowest, best = loss, epoch
        left = patience if better else left - 1
        if not left:
            return {"stop": epoch, "best": best}
    return {"stop": len(losses) - 1, "best": best}


# cell: torch_fit
def torch_fit(X, y, X_val, y_val, w, lr, drop, epochs):
    import copy

    X, X_val = (torch.tensor(np.asarray(a), dtype=torch.float32) for a in (X, X_val))
    y, y_val = (torch.tensor(np.asarray(a), dtype=torch.float32) for a in (y, y_val))

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor(np.asarray(w), dtype=torch.float32))
            self.dropout = torch.nn.Dropout(p=drop)

        def forward(self, X):
            return torch.mv(self.dropout(X), self.w)

    model, result = Line(), {"losses": [], "val_losses": []}
    optimizer = torch.optim.SGD(model.parameters(), lr)
    best = None
    for epoch in range(epochs):
        loss = torch.nn.functional.mse_loss(model.train()(X), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=False)
        with torch.no_grad():
            val = torch.nn.functional.mse_loss(model.eval()(X_val), y_val)
        result["losses"].append(float(loss.detach()))
        result["val_losses"].append(float(val))
        if best is None or float(val) < best[0]:
            best = float(val), copy.deepcopy(model)
    return {**result, "w": best[1].w.tolist()}


# cell: probe
def probe(model, X):
    training = model.training
    outputs, handles = {}, []
    for name, module in model.named_children():
        keep = lambda module, inputs, output, name=name: outputs.__setitem__(name, output.detach().clone())
        handles.append(module.register_forward_hook(keep))
    model.eval()
    model(X)
    [handle.remove() for handle in handles]
    model.train(training)
    return {name: output.double().mean().item() for name, output in outputs.items()}


def try_probe(X, W, looks, training=True):
    inputs, W = torch.tensor(X, dtype=torch.float32), torch.tensor(W, dtype=torch.float32)
    first, last = torch.nn.Linear(*W.shape, bias=False), torch.nn.Linear(W.shape[1], 1, bias=False)
    with torch.no_grad():
        first.weight.copy_(W.T)
        last.weight.fill_(1.0)
    network = torch.nn.Sequential(first, torch.nn.BatchNorm1d(W.shape[1]), torch.nn.ReLU(inplace=True), last)
    network.train(training)
    return {
        "means": [{name: float(mean) for name, mean in probe(network, inputs).items()} for _ in range(looks)],
        "hooks": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules()),
        "running": network[1].running_mean.tolist(),
        "training": [m.training for m in network.modules()],
    }


# cell: keras_train
def keras_train(X, y, W, b, lr, max_norm, steps):
    X, y = np.asarray(X, dtype="float32"), keras.utils.to_categorical(y, len(b))
    model = keras.Sequential([keras.Input((X.shape[1],)), keras.layers.Dense(len(b)), keras.layers.Softmax()])
    model.set_weights([np.asarray(W, dtype="float32"), np.asarray(b, dtype="float32")])
    model.compile(optimizer=keras.optimizers.SGD(learning_rate=lr, global_clipnorm=max_norm), loss="categorical_crossentropy")
    losses = [float(model.train_on_batch(X, y)) for _ in range(steps)]
    W, b = model.get_weights()
    return {"W": W.tolist(), "b": b.tolist(), "losses": losses}
