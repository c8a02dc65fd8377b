"""Python's math and ifs, one case after the other; copies of single tensors; a scheduler class; keras.ops.where."""

# cell: decays
import math


def step_rate(t, lr, every, factor):
    for _ in range(int(t) // every):
        lr *= factor
    return lr


def exponential_rate(t, lr, rate):
    return lr / math.exp(rate) ** t


def cosine_rate(t, lr, steps, lr_min=0.0):
    if t >= steps:
        return lr_min
    return lr_min + (lr - lr_min) * math.cos(math.pi * t / (2 * steps)) ** 2


# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    if t >= steps:
        return lr_min
    if t + 1 < warmup:
        return (t + 1) * (lr / warmup)
    top = warmup - 1 if warmup else 0
    angle = math.pi * (t - top) / (steps - top)
    return (lr + lr_min) / 2 + (lr - lr_min) / 2 * math.cos(angle)


# cell: cycle
def one_cycle(t, lr_max, steps, share=0.3, start=25.0, end=1e4, high=0.95, low=0.85):
    t, last = min(t, steps - 1), steps - 1
    peak = share * steps - 1
    if t <= peak:
        height = (1 - math.cos(math.pi * t / peak)) / 2
        bottom = lr_max / start
    else:
        height = (1 - math.cos(math.pi * (last - t) / (last - peak))) / 2
        bottom = lr_max / start / end
    return dict(lr=bottom + (lr_max - bottom) * height, momentum=high - (high - low) * height)


# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    rates = [lr]
    best, waiting = float("inf"), patience
    for loss in list(losses)[:-1]:
        improved = loss + min_delta < best
        waiting = patience if improved else waiting - 1
        best = loss if improved else best
        if not waiting:
            rates.append(max(rates[-1] * factor, lr_min))
            waiting = patience
        else:
            rates.append(rates[-1])
    return rates


# cell: finder
def range_test(model, optimizer, loss, X, y, lr_min, lr_max, steps):
    weights = [w.detach().clone() for w in model.parameters()]
    old_rates = [group["lr"] for group in optimizer.param_groups]
    old_state = {w: {k: v.clone() if torch.is_tensor(v) else v for k, v in s.items()} for w, s in optimizer.state.items()}
    growth = (lr_max / lr_min) ** (1 / (steps - 1))
    rates, losses, smallest, rate = [], [], float("inf"), lr_min
    for _ in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate
        value = loss(model(X), y)
        rates.append(rate)
        losses.append(float(value.detach()))
        smallest = min(smallest, losses[-1])
        if not abs(losses[-1]) < float("inf") or losses[-1] > 4 * smallest:
            break
        for w, g in zip(model.parameters(), torch.autograd.grad(value, list(model.parameters()))):
            w.grad = g
        optimizer.step()
        rate *= growth
    with torch.no_grad():
        for w, old in zip(model.parameters(), weights):
            w.copy_(old)
    optimizer.state.clear()
    optimizer.state.update(old_state)
    for group, old in zip(optimizer.param_groups, old_rates):
        group["lr"] = old
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


# cell: torch_schedule
class Trapezoid(torch.optim.lr_scheduler.LRScheduler):
    def __init__(self, optimizer, steps, warmup, cooldown):
        self.steps, self.warmup, self.cooldown = steps, warmup, cooldown
        super().__init__(optimizer)

    def get_lr(self):
        t = self.last_epoch
        if t >= self.steps:
            share = 0.0
        elif t < self.warmup:
            share = (t + 1) / self.warmup
        elif t < self.steps - self.cooldown:
            share = 1.0
        else:
            share = (self.steps - t) / self.cooldown
        return [share * lr for lr in self.base_lrs]


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


# cell: keras_schedule
class KerasTrapezoid(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, lr, steps, warmup, cooldown):
        self.lr, self.steps, self.warmup, self.cooldown = lr, steps, warmup, cooldown

    def __call__(self, step):
        t = keras.ops.cast(step, "float32")
        rise = self.lr * (t + 1) / self.warmup
        fall = self.lr * (self.steps - t) / self.cooldown
        share = keras.ops.where(t < self.warmup, rise, self.lr)
        share = keras.ops.where(t > self.steps - self.cooldown, fall, share)
        return keras.ops.where(t >= self.steps, 0.0, share)

    def get_config(self):
        return dict(vars(self))


def keras_called(lr, steps, warmup, cooldown, updates, saved=False):
    schedule = KerasTrapezoid(lr, steps, warmup, cooldown)
    if saved:
        text = json.dumps(schedule.get_config())
        schedule = KerasTrapezoid.from_config(json.loads(text))
    return [float(schedule(keras.ops.convert_to_tensor(t))) for t in range(updates)]


def keras_trained(lr, steps, warmup, cooldown, updates):
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    model = keras.Sequential([keras.Input((1,)), dense])
    model.compile(keras.optimizers.SGD(KerasTrapezoid(lr, steps, warmup, cooldown)), lambda y, y_hat: keras.ops.mean(y_hat))
    ones, places = np.ones((1, 1), dtype="float32"), [0.0]
    for _ in range(updates):
        model.train_on_batch(ones, ones)
        places.append(float(model.get_weights()[0][0, 0]))
    return [before - after for before, after in zip(places, places[1:])]
