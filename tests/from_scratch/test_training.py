"""``fit`` in NumPy: metrics, schedule, early stopping, resuming; and the file a run is kept in."""

from __future__ import annotations

import numpy as np
import pytest

from course_lib.from_scratch import checkpoints, losses, networks, optimizers, training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 3)).astype("float32")
Y = RNG.normal(size=(24, 1)).astype("float32")
VALIDATION = (X[16:], Y[16:])


def run(**options):
    model = networks.mlp([3, 4, 1], "tanh", seed=1)
    optimizer = optimizers.sgd(model.params, lr=0.1)
    return model, training.fit(model, X[:16], Y[:16], losses.mse, optimizer, batch_size=5, **options)


def test_metrics_are_measured_on_validation_data():
    seen = []

    def mae(y_hat, y):
        seen.append(y.shape)
        return np.abs(y_hat - y).mean()

    model, history = run(epochs=3, validation=VALIDATION, metrics={"mae": mae})
    assert list(history) == ["loss", "val_loss", "val_mae"]
    assert seen == [(8, 1)] * 3
    assert history["val_mae"][-1] == pytest.approx(np.abs(model(X[16:]) - Y[16:]).mean())


@pytest.mark.parametrize("options", [{"metrics": {"x": max}}, {"early_stopping": training.EarlyStopping(2)}])
def test_what_needs_validation_data_says_so(options):
    with pytest.raises(ValueError, match="validation"):
        run(epochs=1, **options)


def test_the_schedule_sets_the_rate_of_every_update():
    asked = []

    def schedule(update):
        asked.append(update)
        return 0.1 / (1 + update)

    _, history = run(epochs=2, schedule=schedule)
    assert asked == list(range(8))
    assert history["lr"] == [0.1 / 4, 0.1 / 8]


def test_a_constant_schedule_changes_nothing():
    a, b = run(epochs=2)[1], run(epochs=2, schedule=lambda update: 0.1)[1]
    assert a["loss"] == b["loss"]


def losses_to(stopping, values, model=None):
    """The epoch after which the training stops, for given validation losses."""
    model = model or networks.mlp([1, 1])
    stopping.start()
    for epoch, value in enumerate(values):
        model.params[1][:] = epoch
        if stopping.update(model, epoch, value):
            break
    stopping.restore(model)
    return epoch


@pytest.mark.parametrize(
    ("values", "stop", "best"),
    [
        ([5, 4, 4, 4, 4, 4], 3, 1),  # two bad epochs in a row, then the end
        ([5, 6, 4, 6, 3, 6, 2, 6, 7], 8, 6),  # an improvement starts the count again
        ([float("nan")] * 9, 1, 0),
        ([float("nan"), 3, float("nan"), 2, 5, 5], 5, 3),
        ([3, float("inf"), float("inf"), 1], 2, 0),
        ([9, 8, 7, 6], 3, 3),
    ],
)
def test_patience_counts_bad_epochs_in_a_row(values, stop, best):
    stopping, model = training.EarlyStopping(2), networks.mlp([1, 1])
    assert losses_to(stopping, values, model) == stop
    assert stopping.best_epoch == best == model.params[1][0]


def test_min_delta_and_restore_best():
    stopping = training.EarlyStopping(2, min_delta=0.5, restore_best=False)
    model = networks.mlp([1, 1])
    assert losses_to(stopping, [5, 4.6, 4.5, 1], model) == 2
    assert model.params[1][0] == 2
    with pytest.raises(ValueError, match="patience"):
        training.EarlyStopping(0)


def test_early_stopping_is_new_in_every_training():
    stopping = training.EarlyStopping(2)
    first = run(epochs=30, validation=VALIDATION, early_stopping=stopping)[1]
    second = run(epochs=30, validation=VALIDATION, early_stopping=stopping)[1]
    assert first == second


def test_after_epoch_sees_what_the_history_holds():
    seen = []
    _, history = run(
        epochs=3, validation=VALIDATION, after_epoch=lambda epoch, values: seen.append((epoch, values))
    )
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert [values["val_loss"] for _, values in seen] == history["val_loss"]


def test_the_bar_is_shown_where_asked_for(capsys):
    run(epochs=2)
    assert capsys.readouterr().err == ""
    run(epochs=2, progress=True)
    assert "2/2" in capsys.readouterr().err


@pytest.mark.parametrize("name", optimizers.__all__)
def test_a_resumed_training_ends_with_the_same_bits(name, tmp_path):
    def start():
        model = networks.mlp([3, 4, 1], "tanh", seed=1)
        return model, getattr(optimizers, name)(model.params, 0.01)

    def schedule(update):
        return 0.01 / (1 + update)

    def fit(model, optimizer, **options):
        training.fit(model, X, Y, losses.mse, optimizer, batch_size=5, schedule=schedule, **options)

    whole, optimizer = start()
    fit(whole, optimizer, epochs=4)
    model, optimizer = start()
    fit(model, optimizer, epochs=2)
    checkpoints.save(tmp_path / "run", model, optimizer, step=10, extra={"seed": 0})
    model, optimizer = start()
    assert checkpoints.load(tmp_path / "run", model, optimizer) == (10, {"seed": 0})
    fit(model, optimizer, epochs=4, first_epoch=2)
    for a, b in zip(model.params, whole.params, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_wrong_optimiser_or_network_is_refused(tmp_path):
    model = networks.mlp([3, 4, 1])
    checkpoints.save(tmp_path / "run", model, optimizers.adam(model.params, 0.1), step=1)
    with pytest.raises(ValueError, match="another optimiser"):
        checkpoints.load(tmp_path / "run", model, optimizers.sgd(model.params, 0.1))
    with pytest.raises(ValueError, match="do not fit"):
        checkpoints.load(tmp_path / "run", networks.mlp([3, 5, 1]))


def test_without_an_optimiser_only_the_weights_are_loaded(tmp_path):
    model, other = networks.mlp([3, 4, 1], seed=1), networks.mlp([3, 4, 1], seed=2)
    checkpoints.save(tmp_path / "run", model, optimizers.adam(model.params, 0.1), step=1)
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    checkpoints.load(tmp_path / "run", other)
    assert np.random.random() == expected
    np.testing.assert_array_equal(other(X), model(X))
