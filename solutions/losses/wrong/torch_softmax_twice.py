"""Takes the logarithm of a softmax of a softmax.

test: test_torch_train
message: did a softmax come before a loss that takes logits?
"""

# cell: torch_train
def torch_train(X, y, W, b, weights, gamma, l2, lr, steps):
    X, y = torch.as_tensor(np.asarray(X, dtype="float64")), torch.as_tensor(np.asarray(y)).long()
    W = torch.tensor(np.asarray(W, dtype="float64"), requires_grad=True)
    b = torch.tensor(np.asarray(b, dtype="float64"), requires_grad=True)
    weights = torch.as_tensor(np.asarray(weights, dtype="float64"))
    optimizer, losses = torch.optim.SGD([W, b], lr=lr), []
    for _ in range(steps):
        log_p = torch.log_softmax(torch.softmax(X @ W + b, dim=1), dim=1).gather(1, y[:, None])[:, 0]
        focal = (-weights[y] * (1 - log_p.exp()) ** gamma * log_p).mean()
        loss = focal + l2 * W.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"W": W.detach().numpy(), "b": b.detach().numpy(), "losses": losses}
