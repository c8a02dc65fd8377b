"""Never clears the gradients between steps.

test: test_torch_neuron
message: does the gradient of one step leak into the next?
"""

# cell: torch_neuron
def torch_neuron(X, y, w, b, lr, steps):
    X, y = torch.tensor(X), torch.tensor(y)
    w = torch.tensor(w, requires_grad=True)
    b = torch.tensor(float(b), dtype=torch.float64, requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y)
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        losses.append(float(loss))
    return {"w": w.detach().numpy(), "b": float(b), "losses": losses}
