"""Divides weight by weight, which gives the sign.

test: test_torch_optimizer
message: divide by the length of its whole momentum
"""

# cell: torch_optimizer
class TorchNormalized(torch.optim.Optimizer):
    def __init__(self, params, lr, beta, weight_decay):
        super().__init__(params, {"lr": lr, "beta": beta, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        with torch.enable_grad():
            loss = closure()
        for group in self.param_groups:
            for w in group["params"]:
                state = self.state[w]
                if "m" not in state:
                    state["m"] = torch.zeros_like(w)
                m = state["m"].mul_(group["beta"]).add_(w.grad)
                w.sub_(m / (m.abs() + 1e-12) + group["weight_decay"] * w, alpha=group["lr"])
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
