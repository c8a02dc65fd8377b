"""A loop of its own with train_on_batch in Keras; predictions kept in PyTorch; a checkpoint in a file."""

# cell: torch_train
class BestOf:
    def __init__(self):
        self.losses, self.kept = [], None

    def see(self, loss, value):
        self.losses.append(loss)
        if loss == min(self.losses):
            self.kept = (len(self.losses) - 1, value)


def torch_train(X, y, X_val, y_val, orders, batch_size, lr):
    net = torch_net(len(X[0]))
    parameters = list(net.parameters())
    X, y, X_val, y_val = (torch.tensor(a).float() for a in (X, y, X_val, y_val))
    best, losses = BestOf(), []
    for order in orders:
        order = torch.as_tensor(order).long()
        if len(order) % batch_size == 1:
            order = order[:-1]
        net.train()
        squared = 0.0
        for rows in order.split(batch_size):
            error = net(X[rows]).flatten() - y[rows]
            gradients = torch.autograd.grad(error.square().mean(), parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients):
                    parameter -= lr * gradient
            squared += float(error.square().sum())
        losses.append(squared / len(order))
        net.eval()
        predicted = net(X_val).flatten().detach().clone()
        best.see(float((predicted - y_val).square().mean()), predicted.tolist())
    return {"losses": losses, "val_losses": best.losses, "best_epoch": best.kept[0], "y_hat": best.kept[1]}


# cell: keras_train
def keras_train(X, y, seed, epochs):
    keras.utils.set_random_seed(100 + seed)
    rng = np.random.default_rng(seed)
    X, y = np.asarray(X, dtype=float), np.asarray(y)
    held = np.zeros(len(X), dtype=bool)
    held[rng.choice(len(X), len(X) // 5, replace=False)] = True
    scaled = X - X[~held].mean(axis=0)
    scaled = (scaled / np.maximum(scaled[~held].std(axis=0), 1e-12)).astype("float32")
    inputs = keras.Input((X.shape[1],))
    outputs = keras.layers.Dense(int(y.max()) + 1, activation="softmax")(keras.layers.Dense(24, activation="tanh")(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.SGD(0.3, momentum=0.9), loss="categorical_crossentropy")
    targets, losses, best = np.eye(y.max() + 1, dtype="float32")[y], [], None
    rows = np.flatnonzero(~held)
    for epoch in range(epochs):
        for batch in np.array_split(rng.permutation(rows), len(rows) // 12):
            model.train_on_batch(scaled[batch], targets[batch])
        now = keras.ops.convert_to_numpy(model(scaled))
        losses.append(float(-np.mean(np.log(now[held, y[held]]))))
        if losses[-1] == min(losses):
            best = (epoch, now)
    return {"val_rows": np.flatnonzero(held).tolist(), "val_losses": losses, "best_epoch": best[0], "probabilities": best[1]}


# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    import pathlib
    import tempfile

    X, y = torch.tensor(X).double(), torch.tensor(y).double()
    model = torch.nn.Linear(X.shape[1], 1, bias=False).double()
    torch.nn.init.zeros_(model.weight)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    done, losses = 0, []
    if checkpoint is not None:
        saved = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        done, losses = saved["epoch"], saved["losses"]
    for epoch in range(done, epochs):
        for group in optimizer.param_groups:
            group["lr"] = lr * 0.8**epoch
        order = torch.randperm(len(X), generator=torch.Generator().manual_seed(1000 * seed + epoch))
        total = 0.0
        for rows in order.split(batch_size):
            loss = torch.nn.functional.mse_loss(model(X[rows])[:, 0], y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += len(rows) * loss.item()
        losses.append(total / len(X))
    path = pathlib.Path(tempfile.mkdtemp()) / f"epoch-{epochs}.pt"
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epochs, "losses": losses}, path)
    return {"w": model.weight.detach()[0], "losses": losses, "checkpoint": str(path)}
