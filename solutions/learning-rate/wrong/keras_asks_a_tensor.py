"""Asks the number of the update in a Python if.

test: test_keras_schedule
message: cannot ask it, keras.ops can
"""

# cell: keras_schedule
class KerasTrapezoid(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, lr, steps, warmup, cooldown):
        self.lr, self.steps, self.warmup, self.cooldown = lr, steps, warmup, cooldown

    def __call__(self, step):
        if step < self.warmup:
            return self.lr * (float(step) + 1) / self.warmup
        if step < self.steps - self.cooldown:
            return self.lr
        return self.lr * max(float(self.steps - step), 0.0) / self.cooldown

    def get_config(self):
        return {"lr": self.lr, "steps": self.steps, "warmup": self.warmup, "cooldown": self.cooldown}


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
