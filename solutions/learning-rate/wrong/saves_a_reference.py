"""Saves references to the weights, which the training changes.

test: test_finder
message: what did you save?
"""

# cell: finder
def range_test(model, optimizer, loss, X, y, lr_min, lr_max, steps):
    memory = [model.state_dict(), optimizer.state_dict()]
    rates, losses = [], []
    for rate in np.geomspace(lr_min, lr_max, steps):
        for group in optimizer.param_groups:
            group["lr"] = float(rate)
        optimizer.zero_grad()
        value = loss(model(X), y)
        rates.append(float(rate))
        losses.append(value.item())
        if not np.isfinite(losses[-1]) or losses[-1] > 4 * min(losses):
            break
        value.backward()
        optimizer.step()
    optimizer.zero_grad()
    model.load_state_dict(memory[0])
    optimizer.load_state_dict(memory[1])
    return {"rates": rates, "losses": losses}


def try_range_test(X, y, w, lr, momentum, lr_min, lr_max, steps, before=0, after=0):
    inputs, targets = torch.tensor(X, dtype=torch.float64), torch.tensor(y, dtype=torch.float64)[:, None]
    layer = torch.nn.Linear(inputs.shape[1], 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(w, dtype=torch.float64)[None])
    sgd = torch.optim.SGD(layer.parameters(), lr=lr, momentum=momentum)

    def train(updates):
        for _ in range(updates):
            sgd.zero_grad()
            torch.nn.functional.mse_loss(layer(inputs), targets).backward()
            sgd.step()
        return layer.weight[0].tolist()

    start = train(before)
    found = range_test(layer, sgd, torch.nn.functional.mse_loss, inputs, targets, lr_min, lr_max, steps)
    result = {name: [float(x) for x in found[name]] for name in ("rates", "losses")}
    return {**result, "start": start, "end": train(0), "later": train(after)}
