"""Leaves the network in evaluation mode.

test: test_probe
message: the network is in another mode than before
"""

# cell: probe
def probe(model, X):
    means, handles, mode = {}, [], model.training

    def remember(name):
        def hook(module, inputs, output):
            means[name] = output.mean().item()

        return hook

    for name, module in model.named_children():
        handles.append(module.register_forward_hook(remember(name)))
    model.eval()
    with torch.no_grad():
        model(X)
    for handle in handles:
        handle.remove()
    return means


def try_probe(X, W, looks, training=True):
    inputs, W = torch.tensor(X, dtype=torch.float32), torch.tensor(W, dtype=torch.float32)
    first, last = torch.nn.Linear(*W.shape, bias=False), torch.nn.Linear(W.shape[1], 1, bias=False)
    with torch.no_grad():
        first.weight.copy_(W.T)
        last.weight.fill_(1.0)
    network = torch.nn.Sequential(first, torch.nn.BatchNorm1d(W.shape[1]), torch.nn.ReLU(inplace=True), last)
    network.train(training)
    return {
        "means": [{name: float(mean) for name, mean in probe(network, inputs).items()} for _ in range(looks)],
        "hooks": sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules()),
        "running": network[1].running_mean.tolist(),
        "training": [m.training for m in network.modules()],
    }
