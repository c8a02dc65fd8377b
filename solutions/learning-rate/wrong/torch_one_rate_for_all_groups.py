"""Gives all groups the rate of the first.

test: test_torch_schedule
message: every group keeps a rate of its own
"""

# cell: torch_schedule
class Trapezoid(torch.optim.lr_scheduler.LRScheduler):
    def __init__(self, optimizer, steps, warmup, cooldown):
        self.steps, self.warmup, self.cooldown = steps, warmup, cooldown
        super().__init__(optimizer)

    def get_lr(self):
        t = self.last_epoch
        share = max(0.0, min(1.0, (t + 1) / self.warmup, (self.steps - t) / self.cooldown))
        return [self.base_lrs[0] * share for _ in self.base_lrs]


def torch_trapezoid(optimizer, steps, warmup, cooldown):
    return Trapezoid(optimizer, steps, warmup, cooldown)


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
