"""float32 and in-place arithmetic on copies."""

# cell: penalised_step
def penalised_step(params, grads, lr, l1, l2):
    after = {name: np.array(value, dtype=np.float32) for name, value in params.items()}
    weights = [name for name in after if name.startswith("W")]
    penalty = sum(np.sum(l1 * np.abs(after[n]) + l2 * after[n] ** 2 / 2) for n in weights)
    for name, value in after.items():
        slope = np.array(grads[name], dtype=np.float32)
        if name in weights:
            slope += l1 * ((value > 0).astype(np.float32) - (value < 0))
            slope += l2 * value
        value -= lr * slope
    return {"penalty": penalty, "params": after}


# cell: adam_decay
def adam_decay(grads, w, lr, decay, decoupled, beta_1=0.9, beta_2=0.999, eps=1e-8):
    w = np.array(w, dtype=np.float32)
    m, v = np.zeros_like(w), np.zeros_like(w)
    path = np.empty((len(grads), len(w)), dtype=np.float32)
    for t in range(len(grads)):
        g = np.array(grads[t], dtype=np.float32)
        if not decoupled:
            g += decay * w
        m *= beta_1
        m += (1 - beta_1) * g
        v *= beta_2
        v += (1 - beta_2) * g * g
        if decoupled:
            w *= 1 - lr * decay
        w -= lr * (m / (1 - beta_1 ** (t + 1))) / (np.sqrt(v / (1 - beta_2 ** (t + 1))) + eps)
        path[t] = w
    return path


# cell: dropout
def dropout(A, rate, seed, training):
    if not 0 <= rate < 1:
        raise ValueError(rate)
    A = np.asarray(A, dtype=np.float32)
    if not training or rate == 0:
        return {"out": A, "slope": np.ones_like(A)}
    keep = np.random.default_rng(seed).binomial(1, 1 - rate, size=A.shape).astype(np.float32)
    keep /= 1 - rate
    return {"out": keep * A, "slope": keep}


# cell: batchnorm
def batchnorm(X, gamma, beta, running, momentum, convention, training, eps=1e-5):
    old = {"pytorch": 1 - momentum, "keras": momentum}
    if convention not in old:
        raise ValueError(convention)
    X = np.array(X, dtype=np.float32)
    mean, var = np.array(running["mean"], dtype=np.float32), np.array(running["var"], dtype=np.float32)
    if not training:
        return {"out": gamma * (X - mean) / np.sqrt(var + eps) + beta, "mean": mean, "var": var}
    n = len(X)
    m = X.mean(0)
    X -= m
    s = np.square(X).mean(0)
    mean *= old[convention]
    mean += (1 - old[convention]) * m
    var *= old[convention]
    var += (1 - old[convention]) * s * (n / (n - 1) if convention == "pytorch" else 1)
    return {"out": np.multiply(gamma, X) / np.sqrt(s + eps) + beta, "mean": mean, "var": var}


# cell: smoothed
def smoothed_loss(Z, y, epsilon, over):
    Z = np.asarray(Z, dtype=np.float32)
    k = Z.shape[1]
    share = {"all": epsilon, "others": epsilon * k / (k - 1)}.get(over)
    if share is None:
        raise ValueError("all or others")
    labels = (1 - share) * np.eye(k, dtype=np.float32)[y] + np.float32(share / k)
    top = Z.max(axis=1, keepdims=True)
    p = np.exp(Z - top)
    total = p.sum(axis=1, keepdims=True)
    loss = np.mean(top[:, 0] + np.log(total[:, 0]) - (labels * Z).sum(axis=1))
    return {"labels": labels, "loss": loss, "grad": (p / total - labels) / len(Z)}


# cell: torch_capped
def torch_capped(X, y, W, b, epsilon, limit, lr, steps):
    X, y = torch.as_tensor(X).float(), torch.as_tensor(y)
    W, b = (torch.nn.Parameter(torch.tensor(a).float()) for a in (W, b))
    criterion, losses = torch.nn.CrossEntropyLoss(label_smoothing=epsilon), []
    for _ in range(steps):
        loss = criterion(torch.nn.functional.linear(X, W.T, b), y)
        W.grad = b.grad = None
        loss.backward()
        W.data -= lr * W.grad
        b.data -= lr * b.grad
        lengths = W.data.square().sum(0).sqrt()
        too_long = lengths > limit
        W.data[:, too_long] *= limit / lengths[too_long]
        losses.append(loss.item())
    return {"W": W.data.numpy(), "b": b.data.numpy(), "losses": losses}
