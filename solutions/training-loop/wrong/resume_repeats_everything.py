"""Trains from the start again.

test: test_resume
message: do not repeat its epochs
"""

# cell: resume
def resumable(X, y, epochs, batch_size, lr, seed, checkpoint=None):
    X, y = (torch.as_tensor(np.asarray(a, dtype="float64")) for a in (X, y))
    w, losses = torch.zeros(X.shape[1], dtype=torch.float64, requires_grad=True), []
    optimizer = torch.optim.Adam([w], lr=lr)
    for epoch in range(epochs):
        optimizer.param_groups[0]["lr"] = lr * 0.8**epoch
        total = 0.0
        for rows in np.array_split(np.random.default_rng([seed, epoch]).permutation(len(X)), range(batch_size, len(X), batch_size)):
            loss = ((X[rows] @ w - y[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        losses.append(total / len(X))
    return {"w": w.detach().numpy(), "losses": losses, "checkpoint": epochs}
