"""NumPy numbers in float32, and the frameworks' own parts put together."""

# cell: decays
def step_rate(t, lr, every, factor):
    return np.float32(lr) * np.float32(factor) ** np.float32(np.floor(t / every))


def exponential_rate(t, lr, rate):
    return np.float32(lr) * np.exp(-np.float32(rate) * np.float32(t))


def cosine_rate(t, lr, steps, lr_min=0.0):
    progress = np.clip(np.float32(t) / np.float32(steps), 0, 1)
    share = np.float32(0.5) * (1 + np.cos(np.float32(np.pi) * progress))
    return np.array(share * np.float32(lr) + (1 - share) * np.float32(lr_min), dtype=np.float32)


# cell: warmup
def warmup_cosine(t, lr, steps, warmup, lr_min=0.0):
    climb = max(warmup - 1, 0)
    if t < climb:
        return np.float32(lr) * np.float32(t + 1) / np.float32(warmup)
    return cosine_rate(t - climb, lr, steps - climb, lr_min)


# cell: cycle
def one_cycle(t, lr_max, steps, share=0.3, start=25.0, end=1e4, high=0.95, low=0.85):
    peak = share * steps - 1
    t = np.float32(t)
    if t < peak:
        pair = lr_max / start, high
        up = np.sin(np.pi / 2 * t / peak) ** 2
    else:
        pair = lr_max / (start * end), high
        up = np.cos(np.pi / 2 * np.minimum((t - peak) / (steps - 1 - peak), 1)) ** 2
    found = np.float32(up) * np.array([lr_max, low], np.float32) + np.float32(1 - up) * np.array(pair, np.float32)
    return {"lr": found[0], "momentum": found[1]}


# cell: plateau
def plateau_rates(losses, lr, factor, patience, min_delta=0.0, lr_min=0.0):
    rates, best, bad = np.empty(len(losses), np.float32), None, 0
    for epoch in range(len(losses)):
        rates[epoch] = lr
        if not np.isnan(losses[epoch]) and (best is None or losses[epoch] < best - min_delta):
            best = losses[epoch]
            bad = 0
            continue
        bad = (bad + 1) % patience
        if bad == 0:
            lr = max(lr_min, factor * lr)
    return rates


# cell: torch_schedule
def torch_trapezoid(optimizer, steps, warmup, cooldown):
    parts = torch.optim.lr_scheduler
    rise = parts.LinearLR(optimizer, start_factor=1 / warmup, total_iters=max(warmup - 1, 1))
    stay = parts.ConstantLR(optimizer, factor=1.0, total_iters=1)
    fall = parts.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=cooldown)
    return parts.SequentialLR(optimizer, [rise, stay, fall], milestones=[warmup, steps - cooldown])


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
        t = keras.ops.cast(step, keras.backend.floatx())
        share = keras.ops.relu(keras.ops.minimum(1.0, (t + 1.0) / self.warmup))
        left = keras.ops.relu(keras.ops.minimum(1.0, (self.steps - t) / self.cooldown))
        return keras.ops.multiply(keras.ops.multiply(share, left), self.lr)

    def get_config(self):
        return {"lr": float(self.lr), "steps": int(self.steps), "warmup": int(self.warmup), "cooldown": int(self.cooldown)}


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
