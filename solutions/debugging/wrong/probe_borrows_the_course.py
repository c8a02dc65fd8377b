"""Lets the course's own probe do the work.

test: test_probe
message: course_lib.pytorch.probes.activations is not available
"""

# cell: probe
def probe(model, X):
    from course_lib.pytorch import probes

    return {name: float(a.mean()) for name, a in probes.activations(model, X.numpy()).items()}


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
