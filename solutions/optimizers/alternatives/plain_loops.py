"""Python floats and lists, one weight after the other; power iteration; the momentum as an attribute of the group."""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    w = [float(x) for x in w]
    v = [0.0] * len(w)
    path = []
    for g in grads:
        for j in range(len(w)):
            v[j] = beta * v[j] + float(g[j])
            w[j] -= lr * (float(g[j]) + beta * v[j] if nesterov else v[j])
        path.append(list(w))
    return path


# cell: adamw
def adamw_path(grads, w, lr, beta_1=0.9, beta_2=0.999, eps=1e-8, weight_decay=0.0):
    columns = []
    for j, weight in enumerate(w):
        m = v = 0.0
        weight, column = float(weight), []
        for t, row in enumerate(grads, start=1):
            g = float(row[j])
            m = beta_1 * m + (1 - beta_1) * g
            v = beta_2 * v + (1 - beta_2) * g * g
            step = (m / (1 - beta_1**t)) / ((v / (1 - beta_2**t)) ** 0.5 + eps)
            weight = weight - lr * (step + weight_decay * weight)
            column.append(weight)
        columns.append(column)
    return [list(row) for row in zip(*columns)]


# cell: rate
def largest_rate(X):
    X = np.asarray(X, dtype=float)
    direction = np.ones(X.shape[1])
    for _ in range(2000):
        direction = X.T @ (X @ direction)
        direction = direction / np.linalg.norm(direction)
    curvature = 2 * np.sum((X @ direction) ** 2) / len(X)
    return 2 / curvature


# cell: torch_optimizer
class TorchNormalized(torch.optim.Optimizer):
    def __init__(self, params, lr, beta, weight_decay):
        super().__init__(params, dict(lr=lr, beta=beta, weight_decay=weight_decay))
        for group in self.param_groups:
            group["momenta"] = [torch.zeros_like(w) for w in group["params"]]

    def step(self, closure=None):
        loss = closure() if closure is not None else None
        with torch.no_grad():
            for group in self.param_groups:
                for w, m in zip(group["params"], group["momenta"]):
                    m.copy_(group["beta"] * m + w.grad)
                    new = (1 - group["lr"] * group["weight_decay"]) * w
                    w.copy_(new - group["lr"] * m / (torch.sqrt((m * m).sum()) + 1e-12))
        return loss


def torch_line(X, y, w, b, lr, beta, weight_decay, steps):
    X, y = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)
    w = torch.nn.Parameter(torch.tensor(w, dtype=torch.float64))
    b = torch.nn.Parameter(torch.tensor(float(b), dtype=torch.float64))
    optimizer = TorchNormalized([w, b], lr, beta, weight_decay)

    def closure():
        optimizer.zero_grad()
        loss = ((X @ w + b - y) ** 2).mean()
        loss.backward()
        return loss

    result = {"w": [], "b": [], "losses": []}
    closure()
    for _ in range(steps):
        loss = optimizer.step(closure)
        result["w"].append(w.tolist())
        result["b"].append(b.item())
        result["losses"].append(None if loss is None else float(loss))
    return result
