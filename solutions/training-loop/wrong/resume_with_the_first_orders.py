"""Draws the first orders again.

test: test_resume
message: the orders of the first epochs once more
"""

# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    import io

    X, y = (torch.as_tensor(np.asarray(a, dtype="float64")) for a in (X, y))
    w, losses = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True), []
    optimizer = torch.optim.Adam([w], lr=lr)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.8)
    if checkpoint is not None:
        saved = torch.load(io.BytesIO(checkpoint))
        with torch.no_grad():
            w.copy_(saved["w"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        losses = saved["losses"]
    for epoch in range(epochs - len(losses)):
        order = torch.as_tensor(np.random.default_rng([seed, epoch]).permutation(len(X)))
        total = 0.0
        for rows in torch.split(order, batch_size):
            loss = ((X[rows] @ w - y[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        schedule.step()
        losses.append(total / len(X))
    file = io.BytesIO()
    state = {"w": w.detach(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "losses": losses}
    torch.save(state, file)
    return {"w": w.detach().numpy(), "losses": losses, "checkpoint": file.getvalue()}
