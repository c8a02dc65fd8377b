"""Lets PyTorch's SGD do the work.

test: test_momentum
message: torch.optim.SGD is not available
"""

# cell: momentum
def momentum_path(grads, w, lr, beta, nesterov=False):
    weight = torch.nn.Parameter(torch.tensor(np.asarray(w, dtype=float)))
    optimizer = torch.optim.SGD([weight], lr=lr, momentum=beta, nesterov=nesterov)
    path = []
    for g in np.asarray(grads, dtype=float):
        weight.grad = torch.tensor(g)
        optimizer.step()
        path.append(weight.detach().numpy().copy())
    return np.array(path)
