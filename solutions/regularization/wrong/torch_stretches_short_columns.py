"""Scales every column to the limit.

test: test_capped
message: columns shorter than the limit are stretched
"""

# cell: torch_capped
def torch_capped(X, y, W, b, epsilon, limit, lr, steps):
    X, y = torch.as_tensor(np.asarray(X), dtype=torch.float32), torch.as_tensor(np.asarray(y)).long()
    layer, losses = torch.nn.Linear(*np.shape(W)), []
    with torch.no_grad():
        layer.weight.copy_(torch.as_tensor(np.asarray(W)).T)
        layer.bias.copy_(torch.as_tensor(np.asarray(b)))
    optimizer = torch.optim.SGD(layer.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(layer(X), y, label_smoothing=epsilon)
        loss.backward()
        optimizer.step()
        with torch.no_grad():  # a row of weight holds the weights into one unit
            layer.weight.mul_((limit / layer.weight.norm(dim=1, keepdim=True)))
        losses.append(loss.item())
    return {"W": layer.weight.detach().numpy().T, "b": layer.bias.detach().numpy(), "losses": losses}
