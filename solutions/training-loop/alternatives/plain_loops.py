"""Lists and loops; random numbers from the standard library and from PyTorch."""

# cell: batches
def epoch_batches(n, batch_size, seed, epoch):
    import random

    if batch_size < 1:
        raise ValueError("batch_size")
    order = list(range(n))
    random.Random(f"{seed}/{epoch}").shuffle(order)
    made = []
    while order:
        made.append(order[:batch_size])
        order = order[batch_size:]
    return made


# cell: standardise
def standardise(X_train, X_new):
    columns = list(zip(*X_train))
    mean = [sum(float(x) for x in c) / len(c) for c in columns]
    std = [(sum((float(x) - m) ** 2 for x in c) / len(c)) ** 0.5 or 1.0 for c, m in zip(columns, mean)]
    moved = lambda X: [[(float(x) - m) / s for x, m, s in zip(row, mean, std)] for row in X]
    return {"train": moved(X_train), "new": moved(X_new), "mean": mean, "std": std}


# cell: evaluate
def evaluate(loss_of, X, y, batch_size):
    return sum(loss_of(X[i : i + 1], y[i : i + 1]) for i in range(len(X))) / len(X)


# cell: train_linear
def train_linear(X, y, X_val, y_val, orders, batch_size, lr, patience):
    X, y = [[float(x) for x in row] for row in X], [float(t) for t in y]
    d, losses, val_losses = len(X[0]), [], []
    w, bad, best = [0.0] * d, 0, {"val": float("inf")}

    def output(row):
        return sum(a * b for a, b in zip(row, w))

    for epoch, order in enumerate(orders):
        order, seen = [int(i) for i in order], []
        while order:
            rows, order = order[:batch_size], order[batch_size:]
            errors = [output(X[i]) - y[i] for i in rows]
            seen += [e * e for e in errors]
            for j in range(d):
                w[j] -= 2 * lr * sum(e * X[i][j] for e, i in zip(errors, rows)) / len(rows)
        losses.append(sum(seen) / len(seen))
        val_losses.append(sum((output(row) - float(t)) * (output(row) - float(t)) for row, t in zip(X_val, y_val)) / len(y_val))
        bad += 1
        if val_losses[-1] < best["val"]:
            best, bad = {"val": val_losses[-1], "best_epoch": epoch, "w": list(w)}, 0
        if bad == patience:
            break
    return {"losses": losses, "val_losses": val_losses, "best_epoch": best["best_epoch"], "w": best["w"]}


# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    torch.manual_seed(seed)
    import copy

    X, y = torch.as_tensor(X, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)
    w = torch.nn.Parameter(torch.zeros(X.shape[1]))
    optimizer, losses = torch.optim.Adam([w], lr=lr), []
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.8**epoch)
    if checkpoint:
        checkpoint = copy.deepcopy(checkpoint)
        w.data = checkpoint["w"].clone()
        optimizer.load_state_dict(checkpoint["adam"])
        schedule.load_state_dict(checkpoint["schedule"])
        torch.set_rng_state(checkpoint["random"])
        losses = [float(x) for x in checkpoint["losses"]]
    while len(losses) < epochs:
        total = torch.zeros(())
        for rows in torch.randperm(len(X)).split(batch_size):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(X[rows] @ w, y[rows], reduction="sum")
            (loss / len(rows)).backward()
            optimizer.step()
            total += loss.detach()
        schedule.step()
        losses.append(float(total) / len(X))
    state = {
        "w": w.detach().clone(), "adam": copy.deepcopy(optimizer.state_dict()), "schedule": schedule.state_dict(),
        "random": torch.get_rng_state(), "losses": list(losses),
    }
    return {"w": w.tolist(), "losses": losses, "checkpoint": state}
