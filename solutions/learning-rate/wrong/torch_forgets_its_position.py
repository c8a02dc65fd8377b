"""Counts the updates in a variable that state_dict does not know.

test: test_torch_schedule
message: that is saved and resumed does not go on with the right rates
"""

# cell: torch_schedule
class Trapezoid:
    def __init__(self, optimizer, share):
        self.optimizer, self.share, self.t = optimizer, share, 0
        self.full = [group["lr"] for group in optimizer.param_groups]
        self.apply()

    def apply(self):
        for group, full in zip(self.optimizer.param_groups, self.full):
            group["lr"] = full * self.share(self.t)

    def step(self):
        self.t += 1
        self.apply()

    def state_dict(self):
        return {}

    def load_state_dict(self, state):
        pass


def torch_trapezoid(optimizer, steps, warmup, cooldown):
    return Trapezoid(optimizer, lambda t: max(0.0, min(1.0, (t + 1) / warmup, (steps - t) / cooldown)))


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
