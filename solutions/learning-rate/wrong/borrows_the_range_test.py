"""Lets the course's own range test do the work.

test: test_finder
message: course_lib.pytorch.lr_finder.lr_range_test is not available
"""

# cell: finder
def range_test(model, optimizer, loss, X, y, lr_min, lr_max, steps):
    from course_lib.pytorch import lr_finder

    curve = lr_finder.lr_range_test(
        model, X.numpy(), y.numpy(), loss, optimizer, lr_min=lr_min, lr_max=lr_max, steps=steps, batch_size=len(X)
    )
    return {"rates": curve["lr"], "losses": curve["loss"]}


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
