"""Python lists and floats; the broken code copied and mended line by line."""

# cell: epoch
def train_epoch(X, y, w, b, lr, batch_size, order):
    X = X[order]
    y = y[order]
    total = 0
    for i in range(-(-len(X) // batch_size)):
        rows = slice(i * batch_size, (i + 1) * batch_size)
        error = X[rows] @ w + b - y[rows]
        total = total + np.mean(error**2) * len(error)
        w = w - lr * 2 * X[rows].T @ error / len(error)
        b = b - lr * 2 * np.mean(error)
    return {"w": w, "b": b, "loss": total / len(X)}


# cell: scale
def standardize(X_train, X_val):
    columns = list(zip(*[[float(x) for x in row] for row in X_train]))
    means = [sum(column) / len(column) for column in columns]
    spreads = [(sum((x - m) ** 2 for x in column) / len(column)) ** 0.5 or 1.0 for column, m in zip(columns, means)]
    change = lambda X: [[(float(x) - m) / s for x, m, s in zip(row, means, spreads)] for row in X]
    return {"train": change(X_train), "val": change(X_val)}


# cell: stopping
def early_stopping(losses, patience):
    best, left, best_epoch = float("inf"), patience, -1
    for epoch, loss in enumerate(losses):
        if loss < best:
            best, best_epoch = loss, epoch
            left = patience
        else:
            left -= 1
        if left == 0:
            break
    return {"stop": epoch, "best": best_epoch}


# cell: check
def check_gradient(loss, grad, w, eps=1e-6):
    w, grad = np.asarray(w, dtype=np.float64), np.asarray(grad)
    worst = largest = 0.0
    for i in range(w.size):
        up, down = w.copy(), w.copy()
        up.flat[i] += eps
        down.flat[i] -= eps
        slope = (loss(up) - loss(down)) / (2 * eps)
        if slope != slope or grad.flat[i] != grad.flat[i] or abs(slope) == float("inf") or abs(grad.flat[i]) == float("inf"):
            return float("inf")
        worst = max(worst, abs(slope - grad.flat[i]))
        largest = max(largest, abs(slope), abs(grad.flat[i]))
    return worst / largest if largest else 0.0


# cell: torch_fit
def torch_fit(X, y, X_val, y_val, w, lr, drop, epochs):
    X, y, X_val, y_val = (torch.tensor(a, dtype=torch.float64) for a in (X, y, X_val, y_val))
    linear = torch.nn.Linear(X.shape[1], 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(w)[None])
    model = torch.nn.Sequential(torch.nn.Dropout(drop), linear)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    best, losses, val_losses = float("inf"), [], []
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        loss = ((model(X)[:, 0] - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            val_loss = ((model(X_val)[:, 0] - y_val) ** 2).mean()
        val_losses.append(val_loss.item())
        if val_loss < best:
            best, best_state = val_loss, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best_state)
    return {"w": linear.weight.detach().numpy()[0], "losses": losses, "val_losses": val_losses}


# cell: probe
def probe(model, X):
    means, handles, mode = {}, [], model.training

    def remember(name):
        def hook(module, inputs, output):
            means[name] = output.mean().item()

        return hook

    for name, module in model.named_children():
        handles.append(module.register_forward_hook(remember(name)))
    model.eval()
    with torch.no_grad():
        model(X)
    model.train(mode)
    for handle in handles:
        handle.remove()
    return means


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
    model = keras.Sequential([keras.Input((np.shape(W)[0],)), keras.layers.Dense(np.shape(W)[1])])
    model.set_weights([W, b])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(lr, global_clipnorm=max_norm), loss=loss)
    history = model.fit(X, y, batch_size=len(X), epochs=steps, verbose=0)
    return {"W": model.get_weights()[0], "b": model.get_weights()[1], "losses": history.history["loss"]}
