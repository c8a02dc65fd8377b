"""Adds the losses of the batch instead of taking the mean.

test: test_torch_neuron
message: is it the mean over the samples
"""

# cell: torch_neuron
def torch_neuron(X, y, w, b, lr, steps):
    X, y = torch.tensor(X), torch.tensor(y)
    w = torch.tensor(w, requires_grad=True)
    b = torch.tensor(float(b), dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y, reduction="sum")
        grads = torch.autograd.grad(loss, [w, b])
        with torch.no_grad():
            w -= lr * grads[0]
            b -= lr * grads[1]
        losses.append(float(loss))
    return {"w": w.detach().numpy(), "b": float(b), "losses": losses}
