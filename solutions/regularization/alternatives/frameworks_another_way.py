"""PyTorch's own functions where the task allows them, with Keras's train_on_batch; classes for the state."""

# cell: dropout
def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError(f"rate {rate}")
    A = torch.as_tensor(np.asarray(A, dtype=float))
    slope = torch.ones_like(A)
    if training:
        slope = torch.bernoulli(torch.full_like(A, 1 - rate), generator=torch.Generator().manual_seed(seed)) / (1 - rate)
    return {"out": A * slope, "slope": slope}


# cell: batchnorm
class Running:
    def __init__(self, mean, var, share, n_minus_one):
        self.mean, self.var, self.share, self.n_minus_one = mean, var, share, n_minus_one

    def after(self, X):
        var = torch.var(X, dim=0, unbiased=self.n_minus_one)
        return torch.lerp(self.mean, X.mean(dim=0), self.share), torch.lerp(self.var, var, self.share)


def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    X, gamma, beta, mean, var = (
        torch.as_tensor(np.asarray(a, dtype=float)) for a in (X, gamma, beta, running["mean"], running["var"])
    )
    if convention == "pytorch":
        state = Running(mean, var, momentum, True)
    elif convention == "keras":
        state = Running(mean, var, 1 - momentum, False)
    else:
        raise ValueError("convention")
    if training:
        used_var, used_mean = torch.var_mean(X, dim=0, unbiased=False)
        mean, var = state.after(X)
    else:
        used_mean, used_var = mean, var
    return {"out": (X - used_mean) * torch.rsqrt(used_var + eps) * gamma + beta, "mean": mean, "var": var}


# cell: smoothed
def smoothed_loss(Z, y, epsilon, over):
    if over not in ("all", "others"):
        raise ValueError(over)
    Z = torch.tensor(np.asarray(Z, dtype=float), requires_grad=True)
    k = Z.shape[1]
    share = epsilon if over == "all" else epsilon * k / (k - 1)
    labels = torch.lerp(torch.nn.functional.one_hot(torch.as_tensor(np.asarray(y)), k).double(), torch.tensor(1 / k).double(), share)
    loss = -(labels * torch.log_softmax(Z, dim=1)).sum(dim=1).mean()
    loss.backward()
    return {"labels": labels, "loss": loss.item(), "grad": Z.grad}


# cell: early_stopping
def early_stopping(val_losses, patience, min_delta=0.0):
    losses = np.asarray(val_losses, dtype=float)
    finite = np.isfinite(losses)
    known = losses if finite.all() else losses[: int(np.argmin(finite))]
    best = None
    for epoch in range(len(known)):
        if best is None or known[best] - known[epoch] > min_delta:
            best = epoch
        if epoch - best == patience:
            return {"epochs": epoch + 1, "best_epoch": best, "reason": "patience"}
    if len(known) < len(losses):
        return {"epochs": len(known) + 1, "best_epoch": best, "reason": "not finite"}
    return {"epochs": len(losses), "best_epoch": best, "reason": "end"}


# cell: torch_capped
class Capped(torch.nn.Linear):
    def cap(self, limit):
        for unit in self.weight.detach():
            unit *= min(1.0, limit / float(unit.norm()))


def torch_capped(X, y, W, b, epsilon, limit, lr, steps):
    W, b, X = np.asarray(W, dtype="float32"), np.asarray(b, dtype="float32"), torch.tensor(X, dtype=torch.float32)
    net = Capped(len(W), len(b))
    net.load_state_dict({"weight": torch.from_numpy(W.T.copy()), "bias": torch.from_numpy(b.copy())})
    losses = []
    for _ in range(steps):
        net.zero_grad()
        value = torch.nn.CrossEntropyLoss(label_smoothing=epsilon)(net(X), torch.tensor(y))
        value.backward()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(parameter.grad, alpha=-lr)
            net.cap(limit)
        losses.append(float(value))
    return {"W": net.weight.T.detach(), "b": net.bias.detach(), "losses": losses}


# cell: keras_capped
def keras_capped(X, y, W, b, epsilon, limit, lr, steps):
    X, k = np.asarray(X, dtype="float32"), len(b)
    inputs = keras.Input((X.shape[1],))
    layer = keras.layers.Dense(k, activation="softmax")
    model = keras.Model(inputs, layer(inputs))
    layer.kernel.assign(W)
    layer.bias.assign(b)
    model.compile(loss=keras.losses.CategoricalCrossentropy(label_smoothing=epsilon), optimizer=keras.optimizers.SGD(lr))
    losses = []
    for _ in range(steps):
        losses.append(float(model.train_on_batch(X, keras.utils.to_categorical(y, k))))
        kernel = np.array(layer.kernel)
        layer.kernel.assign(kernel / np.maximum(1.0, np.linalg.norm(kernel, axis=0) / limit))
    return {"W": keras.ops.convert_to_numpy(layer.kernel), "b": keras.ops.convert_to_numpy(layer.bias), "losses": losses}
