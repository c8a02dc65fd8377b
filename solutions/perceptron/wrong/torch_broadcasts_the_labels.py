"""Compares outputs of shape (n, 1) with labels of shape (n,).

test: test_torch_neuron
message: do y and the outputs have the same shape?
"""

# cell: torch_neuron
def torch_neuron(X, y, w, b, lr, steps):
    X, y = torch.tensor(X), torch.tensor(y)
    w = torch.tensor(w, requires_grad=True)
    b = torch.tensor(float(b), dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(steps):
        Z = X @ w[:, None] + b
        loss = (torch.nn.functional.softplus(Z) - y * Z).mean()
        grads = torch.autograd.grad(loss, [w, b])
        with torch.no_grad():
            w -= lr * grads[0]
            b -= lr * grads[1]
        losses.append(float(loss))
    return {"w": w.detach().numpy(), "b": float(b), "losses": losses}
