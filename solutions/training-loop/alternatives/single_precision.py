"""float32 and in-place updates with copies; the state as NumPy arrays and numbers."""

# cell: batches
def epoch_batches(n, batch_size, seed, epoch):
    if batch_size <= 0:
        raise ValueError("no samples in a batch")
    keys = np.random.default_rng((epoch, seed)).random(n)
    return np.array_split(np.argsort(keys), range(batch_size, n, batch_size))


# cell: standardise
def standardise(X_train, X_new):
    A, B = np.array(X_train, dtype=np.float32), np.array(X_new, dtype=np.float32)
    mean = A.mean(axis=0)
    A -= mean
    B -= mean
    std = np.sqrt(np.square(A).mean(axis=0))
    std[std == 0] = 1
    A /= std
    B /= std
    return {"mean": mean, "std": std, "train": A, "new": B}


# cell: train_linear
def train_linear(X, y, X_val, y_val, orders, batch_size, lr, patience):
    X, y, X_val, y_val = (np.asarray(a, dtype=np.float32) for a in (X, y, X_val, y_val))
    w = np.zeros(X.shape[1], dtype=np.float32)
    history = {"losses": [], "val_losses": []}
    keep, best_epoch = w.copy(), 0
    for epoch, order in enumerate(orders):
        means, sizes = [], []
        for rows in np.array_split(np.asarray(order), range(batch_size, len(order), batch_size)):
            error = X[rows] @ w - y[rows]
            means.append(np.mean(error**2))
            sizes.append(len(rows))
            w -= np.float32(lr) * (2 / len(rows)) * (error @ X[rows])
        history["losses"].append(np.average(means, weights=sizes))
        history["val_losses"].append(np.mean((X_val @ w - y_val) ** 2))
        record = np.where(np.isnan(history["val_losses"]), np.inf, history["val_losses"])
        if np.argmin(record) == epoch:
            best_epoch, keep = epoch, w.copy()
        if epoch - np.argmin(record) == patience:
            break
    return {**history, "best_epoch": np.int64(best_epoch), "w": keep}


# cell: torch_train
def torch_train(X, y, X_val, y_val, orders, batch_size, lr):
    import copy

    data = torch.utils.data.TensorDataset(torch.from_numpy(np.asarray(X)), torch.from_numpy(np.asarray(y)).unsqueeze(1))
    net = torch_net(np.shape(X)[1]).double()
    optimizer = torch.optim.SGD(net.parameters(), lr)
    X_val, y_val = torch.from_numpy(np.asarray(X_val)), torch.from_numpy(np.asarray(y_val)).unsqueeze(1)
    result, lowest = {"losses": [], "val_losses": []}, float("inf")
    for epoch, order in enumerate(np.asarray(orders).tolist()):
        groups = [order[i : i + batch_size] for i in range(0, len(order), batch_size)]
        sums = []
        for features, targets in torch.utils.data.DataLoader(data, batch_sampler=[g for g in groups if len(g) > 1]):
            loss = torch.nn.functional.mse_loss(net.train()(features), targets)
            net.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            sums.append((loss.detach() * len(features), len(features)))
        result["losses"].append(sum(s for s, _ in sums) / sum(k for _, k in sums))
        with torch.inference_mode():
            result["val_losses"].append(torch.nn.functional.mse_loss(net.eval()(X_val), y_val).item())
        if result["val_losses"][-1] < lowest:
            lowest, result["best_epoch"], state = result["val_losses"][-1], epoch, copy.deepcopy(net.state_dict())
    net.load_state_dict(state)
    return {**result, "y_hat": net.eval()(X_val).detach().squeeze(1)}


# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    d = X.shape[1]
    w, m, v, t, losses, generator = np.zeros(d), np.zeros(d), np.zeros(d), 0, [], np.random.default_rng(seed)
    if checkpoint is not None:
        w, m, v, t, losses = (checkpoint[name] for name in ("w", "m", "v", "t", "losses"))
        losses = list(losses)
        generator.bit_generator.state = checkpoint["generator"]
    for epoch in range(len(losses), epochs):
        total = 0.0
        for rows in np.array_split(generator.permutation(len(X)), range(batch_size, len(X), batch_size)):
            error = X[rows] @ w - y[rows]
            g, t = 2 * error @ X[rows] / len(rows), t + 1
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            w = w - lr * 0.8**epoch * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
            total += error @ error
        losses.append(total / len(X))
    state = {"w": w, "m": m, "v": v, "t": t, "losses": list(losses), "generator": generator.bit_generator.state}
    return {"w": w, "losses": losses, "checkpoint": state}
