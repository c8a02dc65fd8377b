"""Mends the shapes of the training loss only.

test: test_torch_fit
message: its targets have a shape as well
"""

# cell: torch_fit
def torch_fit(X, y, X_val, y_val, w, lr, drop, epochs):
    X, y, X_val, y_val = (torch.tensor(a, dtype=torch.float64) for a in (X, y, X_val, y_val))
    linear = torch.nn.Linear(X.shape[1], 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor(w)[None])
    model = torch.nn.Sequential(torch.nn.Dropout(drop), linear)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    best, losses, val_losses = float("inf"), [], []
    for epoch in range(epochs):
        model.train()
        optimizer.zero_grad()
        loss = ((model(X)[:, 0] - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            val_loss = ((model(X_val) - y_val) ** 2).mean()
        val_losses.append(val_loss.item())
        if val_loss < best:
            best, best_state = val_loss, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best_state)
    return {"w": linear.weight.detach().numpy()[0], "losses": losses, "val_losses": val_losses}
