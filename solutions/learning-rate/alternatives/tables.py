"""Tables of rates, made once and looked up; a scheduler that inherits nothing; a range test on rates in a list."""

# cell: decays
def step_rate(t, lr, every, factor):
    return np.repeat(lr * factor ** np.arange(t // every + 1), every)[t]


def exponential_rate(t, lr, rate):
    return (lr * np.cumprod(np.concatenate([[1.0], np.full(t, np.exp(-rate))])))[-1]


def cosine_rate(t, lr, steps, lr_min=0.0):
    table = lr_min + (lr - lr_min) * np.sin(np.linspace(np.pi / 2, 0, steps + 1)) ** 2
    return table[min(t, steps)]


# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    rise = np.linspace(0, lr, max(warmup, 1) + 1)[1:-1]
    fall = lr_min + (lr - lr_min) * (1 + np.cos(np.linspace(0, np.pi, steps - len(rise) + 1))) / 2
    table = np.concatenate([rise, fall])
    return table[min(t, len(table) - 1)]


# cell: cycle
def one_cycle(t, lr_max, steps, share=0.3, start=25.0, end=1e4, high=0.95, low=0.85):
    phase = np.interp(t, [0, share * steps - 1, steps - 1], [-np.pi, 0, np.pi])
    up = (1 + np.cos(phase)) / 2
    bottom = lr_max / (start if phase < 0 else start * end)
    return {"lr": up * lr_max + (1 - up) * bottom, "momentum": up * low + (1 - up) * high}


# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    losses = np.asarray(losses, dtype=np.float64)
    rates = np.full(len(losses), lr, dtype=np.float64)
    best, since = np.inf, 0
    for epoch, loss in enumerate(losses):
        if best - loss > min_delta:
            best, since = loss, epoch + 1
        elif epoch + 1 - since >= patience:
            rates[epoch + 1 :] = np.maximum(rates[epoch] * factor, lr_min)
            since = epoch + 1
    return rates


# cell: finder
def range_test(model, optimizer, loss, X, y, lr_min, lr_max, steps):
    import copy

    model_state = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer_state = copy.deepcopy(optimizer.state_dict())
    result = {"rates": [], "losses": []}
    try:
        for rate in torch.logspace(np.log10(lr_min), np.log10(lr_max), steps, dtype=torch.float64).tolist():
            optimizer.param_groups[0].update(lr=rate)
            optimizer.zero_grad()
            value = loss(model(X), y)
            value.backward()
            result["rates"].append(rate)
            result["losses"].append(value.item())
            seen = np.array(result["losses"])
            if np.isnan(seen[-1]) or np.isinf(seen[-1]) or seen[-1] > 4 * seen.min():
                break
            optimizer.step()
    finally:
        model.load_state_dict(model_state)
        optimizer.load_state_dict(optimizer_state)
    return result


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
class Trapezoid:
    def __init__(self, optimizer, steps, warmup, cooldown):
        self.optimizer, self.t = optimizer, 0
        self.full = [group["lr"] for group in optimizer.param_groups]
        rise = np.linspace(0, 1, warmup + 1)[1:]
        fall = np.linspace(1, 0, cooldown + 1)
        self.table = np.concatenate([rise, np.ones(steps - warmup - cooldown), fall])
        self.set_rates()

    def set_rates(self):
        share = self.table[self.t] if self.t < len(self.table) else 0.0
        for group, lr in zip(self.optimizer.param_groups, self.full):
            group["lr"] = lr * float(share)

    def step(self):
        self.t += 1
        self.set_rates()

    def state_dict(self):
        return {"t": self.t}

    def load_state_dict(self, state):
        self.t = state["t"]


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
        rise = np.linspace(0, 1, warmup + 1)[1:]
        fall = np.linspace(1, 0, cooldown + 1)
        self.table = (lr * np.concatenate([rise, np.ones(steps - warmup - cooldown), fall])).astype("float32")

    def __call__(self, step):
        place = keras.ops.minimum(keras.ops.cast(step, "int32"), len(self.table) - 1)
        return keras.ops.take(keras.ops.convert_to_tensor(self.table), place)

    def get_config(self):
        return {name: getattr(self, name) for name in ("lr", "steps", "warmup", "cooldown")}


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
