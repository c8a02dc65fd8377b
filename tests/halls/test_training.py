"""``fit`` and checkpoints in the framework halls: what the twin test cannot see."""

from __future__ import annotations

import datetime

import keras
import numpy as np
import pytest
import torch

from course_lib.data.batching import batches
from course_lib.from_scratch import losses as numpy_losses
from course_lib.from_scratch import networks as numpy_networks
from course_lib.from_scratch import optimizers as numpy_optimizers
from course_lib.from_scratch import schedules as numpy_schedules
from course_lib.from_scratch import training as numpy_training
from course_lib.keras import checkpoints as keras_checkpoints
from course_lib.keras import losses as keras_losses
from course_lib.keras import networks as keras_networks
from course_lib.keras import optimizers as keras_optimizers
from course_lib.keras import schedules as keras_schedules
from course_lib.keras import training as keras_training
from course_lib.pytorch import checkpoints as torch_checkpoints
from course_lib.pytorch import losses as torch_losses
from course_lib.pytorch import networks as torch_networks
from course_lib.pytorch import optimizers as torch_optimizers
from course_lib.pytorch import schedules as torch_schedules
from course_lib.pytorch import training as torch_training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.normal(size=(24, 2)).astype("float32")
VALIDATION = (X[16:], Y[16:])
BATCH, STEPS = 5, 20  # five batches an epoch, four epochs


def halving(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda update: 0.5**update)


def torch_start():
    """A run with every kind of state: batch statistics, dropout, moments, a schedule."""
    torch.manual_seed(3)
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8),
        torch.nn.BatchNorm1d(8),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(8, 2),
    )
    optimizer = torch_optimizers.adam(model.parameters(), lr=0.05)
    return model, optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS)


def torch_updates(model, optimizer, scheduler, first, last):
    """Updates ``first`` to ``last - 1``: the number of the update alone says which rows it sees."""
    model.train()
    for step in range(first, last):
        epoch, number = divmod(step, 5)
        rows = batches(len(X), BATCH, epoch=epoch)[number]
        noise = float(np.random.normal())  # a program that draws random numbers of NumPy as well
        optimizer.zero_grad()
        loss = torch_losses.mse(model(torch.tensor(X[rows]) + 0.01 * noise), torch.tensor(Y[rows]))
        loss.backward()
        optimizer.step()
        scheduler.step()


def torch_bits(model):
    return {name: value.numpy().copy() for name, value in model.state_dict().items()}


def test_pytorch_resumes_to_the_same_bits_at_any_step(tmp_path):
    np.random.seed(0)
    run = torch_start()
    for stop in range(STEPS):
        torch_checkpoints.save(
            tmp_path / f"{stop}.pt", run[0], run[1], step=stop, schedule=run[2], extra={"stop": stop}
        )
        torch_updates(*run, stop, stop + 1)
    expected = torch_bits(run[0])
    for stop in range(STEPS):
        torch.manual_seed(1000 + stop)
        np.random.seed(1000 + stop)
        model, optimizer, scheduler = torch_start()
        step, extra = torch_checkpoints.load(tmp_path / f"{stop}.pt", model, optimizer, schedule=scheduler)
        assert (step, extra) == (stop, {"stop": stop})
        torch_updates(model, optimizer, scheduler, step, STEPS)
        for name, value in torch_bits(model).items():
            np.testing.assert_array_equal(value, expected[name], err_msg=f"{name} after a stop at {stop}")


def test_a_stop_without_the_checkpoint_would_show(tmp_path):
    """The test above would notice if the random state were not restored."""
    np.random.seed(0)
    ends = []
    for seed in (1, 2):
        run = torch_start()
        torch.manual_seed(seed)
        torch_updates(*run, 0, STEPS)
        ends.append(torch_bits(run[0])["0.weight"])
    assert not np.array_equal(*ends)


@pytest.mark.parametrize("name", torch_optimizers.__all__)
def test_pytorch_files_are_read_without_running_code(name, tmp_path):
    model = torch_networks.mlp([4, 5, 2])
    optimizer = getattr(torch_optimizers, name)(model.parameters(), 0.01)
    torch_training.fit(model, X, Y, torch_losses.mse, optimizer, epochs=1)
    torch_checkpoints.save(tmp_path / "run.pt", model, optimizer, step=1, extra={"history": {"loss": [0.5]}})
    state = torch.load(tmp_path / "run.pt", weights_only=True)
    assert set(state) == {"model", "optimizer", "schedule", "step", "extra", "random"}


def test_pytorch_refuses_what_it_could_not_read_back(tmp_path):
    model = torch_networks.mlp([4, 5, 2])
    optimizer = torch_optimizers.adam(model.parameters(), 0.01)
    for value in (datetime.datetime(2026, 1, 1), np.float64(0.5), torch.tensor(0.5)):
        with pytest.raises(TypeError, match="plain values"):
            torch_checkpoints.save(tmp_path / "run.pt", model, optimizer, step=1, extra={"saved": value})
    assert list(tmp_path.iterdir()) == []


def test_pytorch_wants_the_schedule_back(tmp_path):
    model, optimizer, scheduler = torch_start()
    torch_checkpoints.save(tmp_path / "with.pt", model, optimizer, step=0, schedule=scheduler)
    torch_checkpoints.save(tmp_path / "without.pt", model, optimizer, step=0)
    with pytest.raises(ValueError, match="saved with a schedule"):
        torch_checkpoints.load(tmp_path / "with.pt", model, optimizer)
    with pytest.raises(ValueError, match="saved without a schedule"):
        torch_checkpoints.load(tmp_path / "without.pt", model, optimizer, schedule=scheduler)


def test_pytorch_fit_goes_on_with_the_restored_scheduler(tmp_path):
    def start():
        model = torch_networks.mlp([4, 5, 2], seed=1)
        optimizer = torch_optimizers.sgd(model.parameters(), 0.1, momentum=0.9)
        return model, optimizer, halving(optimizer)

    def fit(run, **options):
        return torch_training.fit(
            run[0], X, Y, torch_losses.mse, run[1], batch_size=5, schedule=run[2], **options
        )

    whole = start()
    curve = fit(whole, epochs=4)
    part = start()
    fit(part, epochs=2)
    torch_checkpoints.save(tmp_path / "run.pt", part[0], part[1], step=10, schedule=part[2])
    again = start()
    torch_checkpoints.load(tmp_path / "run.pt", again[0], again[1], schedule=again[2])
    rest = fit(again, epochs=4, first_epoch=2)
    assert rest["loss"] == curve["loss"][2:]
    assert rest["lr"] == curve["lr"][2:] == [0.1 * 0.5**14, 0.1 * 0.5**19]
    with pytest.raises(ValueError, match="scheduler it began with"):
        torch_training.fit(
            again[0], X, Y, torch_losses.mse, again[1], epochs=4, first_epoch=2, schedule=halving
        )


def keras_start():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, kernel_initializer=keras.initializers.GlorotUniform(seed=3)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=4),
            keras.layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(seed=5)),
        ]
    )
    schedule = keras.optimizers.schedules.CosineDecay(0.05, STEPS)
    optimizer = keras_optimizers.adam(model.trainable_variables, lr=0.05)
    optimizer.learning_rate = schedule
    model.compile(optimizer, "mse")
    return model, optimizer, schedule


def keras_updates(model, first, last):
    for step in range(first, last):
        epoch, number = divmod(step, 5)
        rows = batches(len(X), BATCH, epoch=epoch)[number]
        model.train_on_batch(X[rows], Y[rows])


def test_keras_resumes_in_the_middle_of_an_epoch(tmp_path):
    path = tmp_path / "run.npz"
    model, optimizer, schedule = keras_start()
    keras_updates(model, 0, 7)
    keras_checkpoints.save(path, model, optimizer, step=7, schedule=schedule, extra={"note": "half"})
    keras_updates(model, 7, STEPS)
    again, optimizer, schedule = keras_start()
    keras_updates(again, 0, 3)  # another state than the file's: moments, dropout's counter, statistics
    assert keras_checkpoints.load(path, again, optimizer, schedule=schedule) == (7, {"note": "half"})
    assert int(optimizer.iterations) == 7
    keras_updates(again, 7, STEPS)
    for a, b in zip(model.variables, again.variables, strict=True):
        # Equal to the bit where this was written; another build may add up in another order.
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, atol=1e-7, err_msg=a.path)


def test_keras_refuses_another_schedule_or_another_network(tmp_path):
    path = tmp_path / "run.npz"
    model, optimizer, schedule = keras_start()
    keras_checkpoints.save(path, model, optimizer, step=0, schedule=schedule)
    other = keras.optimizers.schedules.CosineDecay(0.05, STEPS + 1)
    for wrong in (None, other):
        with pytest.raises(ValueError, match="saved with the schedule"):
            keras_checkpoints.load(path, model, optimizer, schedule=wrong)
    with pytest.raises(ValueError, match="the model has shapes"):
        keras_checkpoints.load(path, keras_networks.mlp([4, 5, 2]))
    sgd = keras_optimizers.sgd(model.trainable_variables, 0.1)
    with pytest.raises(ValueError, match="the optimizer has shapes"):
        keras_checkpoints.load(path, model, sgd, schedule=schedule)


def test_both_follow_a_schedule_update_by_update():
    torch_model, keras_model = torch_networks.mlp([4, 5, 2], "tanh"), keras_networks.mlp([4, 5, 2], "tanh")
    keras_networks.set_weights(keras_model, torch_networks.weights(torch_model))
    ours = torch_training.fit(
        torch_model,
        X,
        Y,
        torch_losses.mse,
        torch_optimizers.sgd(torch_model.parameters(), 0.1),
        epochs=3,
        batch_size=BATCH,
        schedule=lambda optimizer: torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9),
    )
    theirs = keras_training.fit(
        keras_model,
        X,
        Y,
        keras_losses.mse,
        keras_optimizers.sgd(keras_model.trainable_variables, 0.1),
        epochs=3,
        batch_size=BATCH,
        schedule=keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.9),
    )
    np.testing.assert_allclose(ours["lr"], 0.1 * 0.9 ** (5 * np.arange(1, 4) - 1), rtol=1e-6)
    np.testing.assert_allclose(theirs["lr"], ours["lr"], rtol=1e-6)
    np.testing.assert_allclose(theirs["loss"], ours["loss"], rtol=1e-5)


def test_the_schedules_of_the_course_drive_fit_alike_in_all_halls():
    sizes, options = [4, 5, 2], {"epochs": 3, "batch_size": BATCH}
    start = [w + np.float32(0.1) for w in numpy_networks.weights(numpy_networks.mlp(sizes, "tanh", seed=1))]
    curves = []
    for networks, schedules, optimizers, training, losses in (
        (numpy_networks, numpy_schedules, numpy_optimizers, numpy_training, numpy_losses),
        (torch_networks, torch_schedules, torch_optimizers, torch_training, torch_losses),
        (keras_networks, keras_schedules, keras_optimizers, keras_training, keras_losses),
    ):
        model = networks.mlp(sizes, "tanh")
        networks.set_weights(model, start)
        if networks is keras_networks:
            params = model.trainable_variables
        else:
            params = model.params if networks is numpy_networks else model.parameters()
        schedule = schedules.warmup_cosine(0.1, steps=12, warmup=4)
        optimizer = optimizers.sgd(params, 0.1)
        history = training.fit(model, X, Y, losses.mse, optimizer, schedule=schedule, **options)
        curves.append([history["lr"], history["loss"]])
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(curves[2], curves[0], rtol=1e-5, atol=1e-7)


def test_a_scheduler_of_the_course_survives_the_checkpoint(tmp_path):
    model = torch_networks.mlp([4, 5, 2])
    optimizer = torch_optimizers.sgd(model.parameters(), 0.1)
    scheduler = torch_schedules.cosine(0.1, steps=20)(optimizer)
    fit = {"loss": torch_losses.mse, "optimizer": optimizer, "batch_size": BATCH, "schedule": scheduler}
    torch_training.fit(model, X, Y, epochs=2, **fit)
    torch_checkpoints.save(tmp_path / "run.pt", model, optimizer, step=10, schedule=scheduler)
    rest = torch_training.fit(model, X, Y, epochs=3, first_epoch=2, **fit)["lr"]
    torch_checkpoints.load(tmp_path / "run.pt", model, optimizer, schedule=scheduler)
    assert torch_training.fit(model, X, Y, epochs=3, first_epoch=2, **fit)["lr"] == rest


def torch_run(**options):
    model = torch_networks.mlp([4, 5, 2], seed=1)
    optimizer = torch_optimizers.sgd(model.parameters(), lr=0.1)
    return torch_training.fit(model, X[:16], Y[:16], torch_losses.mse, optimizer, **options)


def keras_run(**options):
    model = keras_networks.mlp([4, 5, 2], seed=1)
    optimizer = keras_optimizers.sgd(model.trainable_variables, lr=0.1)
    return keras_training.fit(model, X[:16], Y[:16], keras_losses.mse, optimizer, **options)


@pytest.mark.parametrize("run", [torch_run, keras_run])
def test_fit_says_what_is_missing_and_shows_a_bar(run, capsys):
    with pytest.raises(ValueError, match="validation"):
        run(epochs=1, metrics={"x": lambda y_hat, y: 0.0})
    seen = []
    history = run(
        epochs=2,
        validation=VALIDATION,
        metrics={"mae": lambda y_hat, y: np.abs(y_hat - y).mean()},
        after_epoch=lambda epoch, values: seen.append((epoch, values)),
        progress=True,
    )
    assert "2/2" in capsys.readouterr().err
    assert list(history) == ["loss", "val_loss", "val_mae"]
    assert seen == [(i, {name: curve[i] for name, curve in history.items()}) for i in range(2)]


class Losses:
    """Feeds given validation losses to the early stopping of a hall; the bias tells which weights are left."""

    values = (float("nan"), 3.0, 2.95, 2.8, float("nan"), 2.85, 9.0)

    @staticmethod
    def torch(**options):
        model, stopping = torch_networks.mlp([1, 1]), torch_training.EarlyStopping(2, **options)
        for epoch, value in enumerate(Losses.values):
            model[0].bias.data.fill_(epoch)
            if stopping.update(model, epoch, value):
                break
        stopping.restore(model)
        return epoch, stopping.best, stopping.best_epoch, model[0].bias.item()

    @staticmethod
    def keras(**options):
        model, stopping = keras_networks.mlp([1, 1]), keras_training.EarlyStopping(2, **options)
        stopping.set_model(model)
        model.stop_training = False
        stopping.on_train_begin()
        for epoch, value in enumerate(Losses.values):
            model.layers[0].bias.assign([epoch])
            stopping.on_epoch_end(epoch, {"loss": 0.0, "val_loss": value})
            if model.stop_training:
                break
        stopping.on_train_end()
        return (
            epoch,
            stopping.best,
            stopping.best_epoch,
            float(keras.ops.convert_to_numpy(model.layers[0].bias)[0]),
        )


@pytest.mark.parametrize(
    "options", [{}, {"min_delta": 0.1}, {"min_delta": 0.1, "restore_best": False}], ids=repr
)
def test_early_stopping_decides_alike(options):
    assert Losses.torch(**options) == Losses.keras(**options)
    assert Losses.torch() == (5, 2.8, 3, 3.0)
