"""No DataLoader, no hook, no compile: autograd.grad and layers called one by one; arrays from loops."""

# cell: epoch
def train_epoch(X, y, w, b, lr, batch_size, order):
    w, b = torch.tensor(w, requires_grad=True), torch.tensor(float(b), dtype=torch.float64, requires_grad=True)
    errors = []
    for rows in torch.tensor(order).split(batch_size):
        each = (torch.tensor(X)[rows] @ w + b - torch.tensor(y)[rows]) ** 2
        errors.extend(each.tolist())
        dw, db = torch.autograd.grad(each.mean(), (w, b))
        with torch.no_grad():
            w -= lr * dw
            b -= lr * db
    return {"w": w.detach().numpy(), "b": b.item(), "loss": sum(errors) / len(errors)}


# cell: scale
def standardize(X_train, X_val):
    train, val = np.array(X_train, dtype=float), np.array(X_val, dtype=float)
    for column in range(train.shape[1]):
        mean, spread = train[:, column].mean(), train[:, column].std()
        for part in (train, val):
            part[:, column] -= mean
            if spread > 0:
                part[:, column] /= spread
    return {"train": train, "val": val}


# cell: stopping
def early_stopping(losses, patience):
    finite = [float("inf") if np.isnan(loss) else loss for loss in losses]
    best = 0
    for stop in range(len(finite)):
        if finite[stop] < finite[best]:
            best = stop
        first_bad = best + 1 if finite[best] < float("inf") else 0
        if stop - first_bad + 1 == patience:
            break
    return dict(stop=stop, best=best if finite[best] < float("inf") else -1)


# cell: check
def check_gradient(loss, grad, w):
    point = np.array(w, dtype=np.float64).ravel()
    slopes = []
    for i, middle in enumerate(point.copy()):
        values = []
        for place in (middle - 2e-6, middle + 2e-6):
            point[i] = place
            values.append(float(loss(point.reshape(np.shape(w)).copy())))
        point[i] = middle
        slopes.append((values[1] - values[0]) / 4e-6)
    a, b = np.array(slopes), np.ravel(grad)
    if np.isnan(np.sum(a + b)) or np.isinf(a + b).any():
        return np.inf
    return np.linalg.norm(a - b, np.inf) / (max(np.linalg.norm(a, np.inf), np.linalg.norm(b, np.inf)) or 1.0)


# cell: torch_fit
def torch_fit(X, y, X_val, y_val, w, lr, drop, epochs):
    X, y, X_val, y_val, w = (torch.as_tensor(np.array(a, dtype=float)) for a in (X, y, X_val, y_val, w))
    w.requires_grad_()
    history = []
    for _ in range(epochs):
        loss = torch.mean((torch.nn.functional.dropout(X, drop) @ w - y) ** 2)
        (slope,) = torch.autograd.grad(loss, [w])
        w = (w - lr * slope).detach().requires_grad_()
        history.append((loss.item(), torch.mean((X_val @ w - y_val) ** 2).item(), w.detach().numpy()))
    losses, val_losses, weights = zip(*history)
    return {"w": weights[int(np.argmin(val_losses))], "losses": list(losses), "val_losses": list(val_losses)}


# cell: probe
@torch.no_grad()
def probe(model, X):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    means = {}
    for name, child in model.named_children():
        X = child(X.clone())
        means[name] = float(X.mean())
    for module, mode in modes:
        module.training = mode
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
    import tensorflow as tf

    X, y = tf.constant(X, tf.float32), np.asarray(y)
    W, b = tf.Variable(W, dtype=tf.float32), tf.Variable(b, dtype=tf.float32)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            each = keras.losses.sparse_categorical_crossentropy(y, X @ W + b, from_logits=True)
            loss = keras.ops.mean(each)
        grads, _ = tf.clip_by_global_norm(tape.gradient(loss, [W, b]), max_norm)
        for variable, grad in zip((W, b), grads):
            variable.assign_sub(lr * grad)
        losses.append(float(loss))
    return {"W": W.numpy(), "b": b.numpy(), "losses": losses}
