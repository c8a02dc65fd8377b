"""Lets weight_decay do the penalty, which shrinks the bias too.

test: test_torch_train
message: with weights, gamma and penalty the first loss is wrong
"""

# cell: torch_train
def torch_train(X, y, W, b, weights, gamma, l2, lr, steps):
    X, y = torch.as_tensor(np.asarray(X, dtype="float64")), torch.as_tensor(np.asarray(y)).long()
    W = torch.tensor(np.asarray(W, dtype="float64"), requires_grad=True)
    b = torch.tensor(np.asarray(b, dtype="float64"), requires_grad=True)
    weights = torch.as_tensor(np.asarray(weights, dtype="float64"))
    optimizer, losses = torch.optim.SGD([W, b], lr=lr, weight_decay=2 * l2), []
    for _ in range(steps):
        log_p = torch.log_softmax(X @ W + b, dim=1).gather(1, y[:, None])[:, 0]
        focal = (-weights[y] * (1 - log_p.exp()) ** gamma * log_p).mean()
        loss = focal
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"W": W.detach().numpy(), "b": b.detach().numpy(), "losses": losses}
