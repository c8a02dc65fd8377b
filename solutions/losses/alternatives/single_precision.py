"""Everything in float32, with the frameworks' modules and parameter groups."""

# cell: robust
def robust_loss(y_hat, y, delta, share):
    v = torch.tensor(np.asarray(y_hat, dtype="float32"), requires_grad=True)
    r = v.reshape(-1) - torch.tensor(np.asarray(y, dtype="float32")).reshape(-1)
    size = r.abs()
    near = torch.minimum(size, torch.tensor(float(delta)))
    huber = near * (size - near / 2)
    loss = (share * huber + (1 - share) * r * r).mean()
    loss.backward()
    return {"loss": loss.item(), "grad": v.grad.numpy()}

# cell: weights
def class_weights(y, k):
    occurring, counts = np.unique(y, return_counts=True)
    table = dict(zip(occurring.tolist(), counts.tolist(), strict=True))
    return np.array([len(y) / len(table) / table[c] if c in table else 0 for c in range(k)], dtype="float32")

# cell: focal
def focal_loss(logits, y, weights, gamma):
    z, y = np.asarray(logits, dtype=np.float32), np.asarray(y)
    z = z - z.max(1, keepdims=True)
    E = np.exp(z)
    P = E / E.sum(1, keepdims=True)
    rows = np.arange(len(y))
    log_p = z[rows, y] - np.log(E.sum(1))
    p = P[rows, y]
    w = np.asarray(weights, dtype=np.float32)[y]
    hit = np.zeros_like(P)
    hit[rows, y] = 1
    scale = w * (1 - p) ** gamma
    if gamma:
        scale = scale - w * gamma * (1 - p) ** (gamma - 1) * p * log_p
    return {"loss": (-w * (1 - p) ** gamma * log_p).mean(), "grad": scale[:, None] * (P - hit) / len(y)}

# cell: penalty
def penalty(params, l1, l2):
    params = [np.array(w, dtype="float32") for w in params]
    is_weight = [w.ndim == 2 for w in params]
    loss = sum(l1 * np.sum(np.abs(w)) + l2 * np.sum(w**2) for w, yes in zip(params, is_weight, strict=True) if yes)
    return {"loss": loss, "grads": [(l1 * np.sign(w) + 2 * l2 * w) * yes for w, yes in zip(params, is_weight, strict=True)]}

# cell: torch_train
def torch_train(X, y, W, b, weights, gamma, l2, lr, steps):
    X, y = torch.tensor(np.asarray(X), dtype=torch.float32), torch.tensor(np.asarray(y))
    layer = torch.nn.Linear(X.shape[1], len(b))
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(np.asarray(W).T))
        layer.bias.copy_(torch.tensor(np.asarray(b)))
    optimizer = torch.optim.SGD(
        [{"params": [layer.weight], "weight_decay": 2 * l2}, {"params": [layer.bias]}], lr=lr
    )
    table, losses = torch.tensor(np.asarray(weights), dtype=torch.float32), []
    for _ in range(steps):
        P = torch.softmax(layer(X), 1)
        p = P[torch.arange(len(y)), y]
        focal = torch.mean(-table[y] * (1 - p) ** gamma * torch.log(p))
        losses.append(focal.item() + l2 * layer.weight.detach().square().sum().item())
        optimizer.zero_grad()
        focal.backward()
        optimizer.step()
    return {"W": layer.weight.detach().numpy().T, "b": layer.bias.detach().numpy(), "losses": losses}
