"""Leaves get_config to the base class.

test: test_keras_schedule
message: a schedule that was saved cannot be built again
"""

# cell: keras_schedule
class KerasTrapezoid(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, lr, steps, warmup, cooldown):
        self.lr, self.steps, self.warmup, self.cooldown = lr, steps, warmup, cooldown

    def __call__(self, step):
        t = keras.ops.cast(step, "float32")
        share = keras.ops.minimum((t + 1) / self.warmup, (self.steps - t) / self.cooldown)
        return self.lr * keras.ops.clip(share, 0.0, 1.0)


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
