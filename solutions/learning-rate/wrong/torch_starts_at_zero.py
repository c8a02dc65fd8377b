"""Uses rate 0 in the first update.

test: test_torch_schedule
message: the first update has rate 0
"""

# cell: torch_schedule
def torch_trapezoid(optimizer, steps, warmup, cooldown):
    def share(t):
        return max(0.0, min(1.0, t / warmup, (steps - t) / cooldown))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share)


def torch_rates(lrs, steps, warmup, cooldown, updates, pause=None):

    def build():
        sgd = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(2))], "lr": lr} for lr in lrs], lr=0.0)
        return sgd, torch_trapezoid(sgd, steps, warmup, cooldown)

    sgd, scheduler = build()
    rates = []
    for t in range(updates):
        if t == pause:
            saved = sgd.state_dict(), scheduler.state_dict()
            sgd, scheduler = build()
            sgd.load_state_dict(saved[0])
            scheduler.load_state_dict(saved[1])
        rates.append([float(group["lr"]) for group in sgd.param_groups])
        sgd.step()
        scheduler.step()
    return rates
