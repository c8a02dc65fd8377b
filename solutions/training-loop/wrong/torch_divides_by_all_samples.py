"""Leaves the single sample out of the sum and not out of the divisor.

test: test_torch_train
message: nor its divisor
"""

# cell: torch_train
def torch_train(X, y, X_val, y_val, orders, batch_size, lr):
    X, y, X_val, y_val = (torch.as_tensor(np.asarray(a), dtype=torch.float32) for a in (X, y, X_val, y_val))
    net = torch_net(X.shape[1])
    optimizer, squared_error = torch.optim.SGD(net.parameters(), lr=lr), torch.nn.MSELoss()
    losses, val_losses, y_hat, best_epoch = [], [], None, 0
    for epoch, order in enumerate(torch.as_tensor(np.asarray(orders))):
        net.train()
        total, count = 0.0, 0
        for rows in torch.split(order, batch_size):
            if len(rows) == 1:
                continue
            optimizer.zero_grad()
            loss = squared_error(net(X[rows])[:, 0], y[rows])
            loss.backward()
            optimizer.step()
            total, count = total + loss.item() * len(rows), count + len(rows)
        losses.append(total / len(X))
        net.eval()
        with torch.no_grad():
            predicted = net(X_val)[:, 0]
        val_losses.append(squared_error(predicted, y_val).item())
        if y_hat is None or val_losses[-1] < val_losses[best_epoch]:
            best_epoch, y_hat = epoch, predicted.numpy()
    return {"losses": losses, "val_losses": val_losses, "best_epoch": best_epoch, "y_hat": y_hat}
