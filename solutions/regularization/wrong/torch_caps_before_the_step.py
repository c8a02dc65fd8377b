"""Caps before the step.

test: test_capped
message: shortens the first of them
"""

# cell: torch_capped
def torch_capped(X, y, W, b, epsilon, limit, lr, steps):
    X, y = torch.as_tensor(np.asarray(X)).double(), torch.as_tensor(np.asarray(y)).long()
    W = torch.tensor(np.asarray(W, dtype=float), requires_grad=True)
    b = torch.tensor(np.asarray(b, dtype=float), requires_grad=True)
    optimizer, losses = torch.optim.SGD([W, b], lr=lr), []
    for step in range(steps):
        if step:
            with torch.no_grad():
                W.mul_((limit / W.norm(dim=0)).clamp(max=1))
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(X @ W + b, y, label_smoothing=epsilon)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"W": W.detach().numpy(), "b": b.detach().numpy(), "losses": losses}
