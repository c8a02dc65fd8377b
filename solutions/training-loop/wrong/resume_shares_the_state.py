"""Loads the optimiser's tensors, which are no copies, and goes on with them.

test: test_resume
message: changed the checkpoint
"""

# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    import copy

    X, y = (torch.as_tensor(np.asarray(a, dtype="float64")) for a in (X, y))
    w, losses = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True), []
    optimizer = torch.optim.Adam([w], lr=lr)
    if checkpoint is not None:
        w = checkpoint["w"].clone().requires_grad_()
        optimizer = torch.optim.Adam([w], lr=lr)
        optimizer.load_state_dict(checkpoint["optimizer"])
        losses = list(checkpoint["losses"])
    for epoch in range(len(losses), epochs):
        optimizer.param_groups[0]["lr"] = lr * 0.8**epoch
        total = 0.0
        for rows in torch.as_tensor(np.random.default_rng([seed, epoch]).permutation(len(X))).split(batch_size):
            loss = ((X[rows] @ w - y[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(X))
    state = {"w": w.detach().clone(), "optimizer": copy.deepcopy(optimizer.state_dict()), "losses": list(losses)}
    return {"w": w.detach().numpy(), "losses": losses, "checkpoint": state}
