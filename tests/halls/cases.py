"""One call for every public name of the halls, with arguments that both frameworks understand.

A case runs in one hall at a time and returns NumPy arrays; the twin test compares what the halls return.
Gradients are asked for with random cotangents, so that every entry of an output matters.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from course_lib.data import affine_maps

RNG = np.random.default_rng(0)
Z = np.concatenate([RNG.normal(size=(5, 4)), [[-30.0, 30.0, 0.5, -0.5]]]).astype("float32")
LABELS = np.array([0, 3, 1, 2, 0, 3])
ONE_HOT = np.eye(4, dtype="float32")[LABELS]
YES_NO = (RNG.random((6, 4)) > 0.5).astype("float32")
PROBABILITIES = RNG.dirichlet(np.ones(4), size=6).astype("float32")
OTHER = RNG.normal(size=(6, 4)).astype("float32")
THIRD = RNG.normal(size=(6, 4)).astype("float32")
X = RNG.normal(size=(24, 4)).astype("float32")
Y = RNG.normal(size=(24, 2)).astype("float32")

PICTURES = RNG.random((3, 6, 5)).astype("float32")
MAPS = affine_maps(3, RNG, degrees=25, shift=1.5, zoom=0.2, flip=True)
# A move by whole pixels, a mirror image, a picture upside down that also moves.
WHOLE_MAPS = np.array(
    [[[1, 0, 2], [0, 1, -1]], [[-1, 0, 0], [0, 1, 0]], [[1, 0, -1], [0, -1, 2]]], dtype="float32"
)


@dataclass(frozen=True)
class Hall:
    """What a case needs to know of a framework: its modules, its tensors and its autograd."""

    name: str
    modules: dict[str, ModuleType]
    tensor: Callable[[np.ndarray], Any]
    gradient: Callable[[Callable[..., Any], list[np.ndarray]], list[np.ndarray]]
    variables: Callable[[list[np.ndarray]], list[Any]]
    apply: Callable[[Any, list[Any], list[np.ndarray]], None]
    numpy: Callable[[Any], np.ndarray]
    total: Callable[[Any], Any]
    parameters: Callable[[Any], Any]
    call: Callable[[Any, Any], Any]
    rates: Callable[[Any, int], np.ndarray]
    scheduler: Callable[[Any, Any], Any]


Case = Callable[[Hall], list[np.ndarray]]


def _value_and_gradients(hall: Hall, f: Callable[..., Any], *arrays: np.ndarray) -> list[np.ndarray]:
    """What ``f`` makes of the arrays, and the gradients of its product with a random cotangent."""
    value = hall.numpy(f(*map(hall.tensor, arrays)))
    cotangent = np.random.default_rng(1).normal(size=value.shape).astype("float32")

    def scalar(*tensors: Any) -> Any:
        return hall.total(f(*tensors) * hall.tensor(cotangent))

    return [value, *hall.gradient(scalar, list(arrays))]


def function(
    module: str, name: str, *arrays: np.ndarray, fixed: tuple[Any, ...] = (), **options: Any
) -> Case:
    """Value and gradients of a function of ``arrays``; ``fixed`` arguments follow and are not differentiated."""

    def case(hall: Hall) -> list[np.ndarray]:
        f = getattr(hall.modules[module], name)
        others = [hall.tensor(a) if isinstance(a, np.ndarray) else a for a in fixed]
        return _value_and_gradients(hall, lambda *tensors: f(*tensors, *others, **options), *arrays)

    return case


def layer(name: str, **options: Any) -> Case:
    """Value and input gradient of a layer class of the activations module."""

    def case(hall: Hall) -> list[np.ndarray]:
        built = getattr(hall.modules["activations"], name)(**options)
        return _value_and_gradients(hall, lambda z: hall.call(built, z), Z)

    return case


def penalty(name: str) -> Case:
    """Value and gradients of a penalty on a list of parameters."""

    def case(hall: Hall) -> list[np.ndarray]:
        f = getattr(hall.modules["losses"], name)
        return _value_and_gradients(hall, lambda a, b: f([a, b], strength=0.3), Z, OTHER)

    return case


def weighted(hall: Hall) -> list[np.ndarray]:
    losses = hall.modules["losses"]
    f = losses.weighted_sum([(losses.mse, 0.7), (losses.mae, 0.3)])
    y = hall.tensor(OTHER)
    return _value_and_gradients(hall, lambda z: f(z, y), Z)


def optimizer(name: str, **options: Any) -> Case:
    """Parameters after each of five steps with given gradients."""

    def case(hall: Hall) -> list[np.ndarray]:
        rng = np.random.default_rng(2)
        start = [rng.normal(size=(3, 2)).astype("float32"), rng.normal(size=2).astype("float32")]
        variables = hall.variables(start)
        built = getattr(hall.modules["optimizers"], name)(variables, lr=0.05, **options)
        seen: list[np.ndarray] = []
        for _ in range(5):
            grads = [rng.normal(size=a.shape).astype("float32") for a in start]
            hall.apply(built, variables, grads)
            seen += [np.array(hall.numpy(v)) for v in variables]
        return seen

    return case


def _network(hall: Hall, activation: str) -> Any:
    """A network with weights that do not depend on the hall's own initialisation."""
    networks = hall.modules["networks"]
    model = networks.mlp([4, 5, 3, 2], activation=activation, seed=3)
    rng = np.random.default_rng(3)
    networks.set_weights(model, [rng.normal(size=w.shape).astype("float32") for w in networks.weights(model)])
    return model


def network(activation: str) -> Case:
    """Output and parameter gradients of a network after a weight transfer."""

    def case(hall: Hall) -> list[np.ndarray]:
        model = _network(hall, activation)
        loss = hall.modules["losses"].mse
        grads = hall.modules["autodiff"].gradients(model, loss, X, Y)
        return [hall.modules["networks"].predict(model, X), *grads]

    return case


def weights(hall: Hall) -> list[np.ndarray]:
    return hall.modules["networks"].weights(_network(hall, "relu"))


def layers(name: str) -> Case:
    """What the layers module reports of a network."""

    def case(hall: Hall) -> list[np.ndarray]:
        found = getattr(hall.modules["layers"], name)(
            _network(hall, "relu"), *([X] if name == "summary" else [])
        )
        return (
            [np.array(found)] if name == "count" else [np.array([*shape, size]) for _, shape, size in found]
        )

    return case


def _momentum(hall: Hall, model: Any, scheduled: bool) -> Any:
    """An optimiser with a memory.

    Under a schedule that is an average of gradients: in the velocity of SGD, Keras keeps the rates of the past.
    """
    name = "ema_momentum" if scheduled else "sgd"
    options = {"beta" if scheduled else "momentum": 0.9}
    return getattr(hall.modules["optimizers"], name)(hall.parameters(model), lr=0.05, **options)


def training(scheduled: bool) -> Case:
    """Loss curves and final weights of a short training with validation; with a schedule, its rates as well."""

    def case(hall: Hall) -> list[np.ndarray]:
        model = _network(hall, "tanh")
        step = _momentum(hall, model, scheduled)
        history = hall.modules["training"].fit(
            model,
            X,
            Y,
            hall.modules["losses"].mse,
            step,
            epochs=4,
            batch_size=10,
            seed=5,
            validation=(X[:7], Y[:7]),
            schedule=hall.modules["schedules"].warmup_cosine(0.1, 12, 4) if scheduled else None,
        )
        assert set(history) == {"loss", "val_loss", *(["lr"] if scheduled else [])}
        curves = [np.array(history[name]) for name in sorted(history)]
        return [*curves, *hall.modules["networks"].weights(model)]

    return case


def smoothed(hall: Hall) -> list[np.ndarray]:
    """Soft targets, which are what a loss takes: integer labels have no gradient, but the loss has."""
    y = hall.modules["regularization"].smooth_labels(hall.tensor(LABELS), 4, eps=0.2)
    cross_entropy = hall.modules["losses"].categorical_cross_entropy
    return [hall.numpy(y), *_value_and_gradients(hall, lambda z: cross_entropy(z, y), Z)]


def warped(hall: Hall) -> list[np.ndarray]:
    """Gradients of moves by whole pixels only: between pixels, TensorFlow's are an approximation."""
    warp = hall.modules["regularization"].warp
    value = hall.numpy(warp(hall.tensor(PICTURES), MAPS))
    return [value, *_value_and_gradients(hall, lambda pictures: warp(pictures, WHOLE_MAPS), PICTURES)]


def limited(hall: Hall) -> list[np.ndarray]:
    """Weights of a network after their norms were limited."""
    model = _network(hall, "relu")
    hall.modules["regularization"].limit_norms(model, 1.2)
    return hall.modules["networks"].weights(model)


def schedule(name: str, *arguments: float, **options: float) -> Case:
    """The rates of 40 updates, which is more than the schedule plans for."""

    def case(hall: Hall) -> list[np.ndarray]:
        return [hall.rates(getattr(hall.modules["schedules"], name)(*arguments, **options), 40)]

    return case


def range_test(hall: Hall) -> list[np.ndarray]:
    """The curve of a range test with a stateful optimiser, and the weights after a step that follows it."""
    model = _network(hall, "tanh")
    adam = hall.modules["optimizers"].adam(hall.parameters(model), lr=0.05)
    loss = hall.modules["losses"].mse
    limits = {"lr_min": 1e-3, "lr_max": 0.3, "steps": 12, "batch_size": 10, "seed": 5}
    curve = hall.modules["lr_finder"].lr_range_test(model, X, Y, loss, adam, **limits)
    hall.modules["training"].fit(model, X, Y, loss, adam, epochs=1)
    return [*map(np.array, curve.values()), *hall.modules["networks"].weights(model)]


def probe(name: str, *arguments: str, **options: Any) -> Case:
    """What a probe says about a network with the same weights; a name or None becomes a number."""

    def case(hall: Hall) -> list[np.ndarray]:
        model = _network(hall, "relu")
        values = {"loss": hall.modules["losses"].mse, "X": X, "y": Y}
        found = getattr(hall.modules["probes"], name)(model, *(values[a] for a in arguments), **options)
        if not isinstance(found, dict):
            return [np.array(found is None, dtype=float)]
        if name == "check_gradients":  # rounding errors differ; that they are small does not
            return [np.array([error < 2e-2 for error in found.values()], dtype=float)]
        parts = [list(part.values()) if isinstance(part, dict) else part for part in found.values()]
        # Dense kernels lie transposed in PyTorch; every layer output and statistic is the same either way.
        return [np.asarray(part, dtype=float) for part in parts]

    return case


def early_stopping(restore_best: bool) -> Case:
    """Where a training on noise stops, what it measured on the way, and the weights it is left with."""

    def case(hall: Hall) -> list[np.ndarray]:
        model = _network(hall, "tanh")
        step = hall.modules["optimizers"].sgd(hall.parameters(model), lr=0.3)
        stopping = hall.modules["training"].EarlyStopping(3, min_delta=0.001, restore_best=restore_best)
        X_val, y_val = X[12:], Y[12:]
        history = hall.modules["training"].fit(
            model,
            X[:12],
            Y[:12],
            hall.modules["losses"].mse,
            step,
            epochs=60,
            batch_size=4,
            validation=(X_val, y_val),
            metrics={"mae": lambda y_hat, y: np.abs(y_hat - y).mean()},
            early_stopping=stopping,
        )
        assert stopping.best == min(history["val_loss"][: stopping.best_epoch + 1])
        assert len(history["loss"]) == stopping.best_epoch + 4 < 60
        left = np.mean((hall.modules["networks"].predict(model, X_val) - y_val) ** 2)
        expected = stopping.best if restore_best else history["val_loss"][-1]
        np.testing.assert_allclose(left, expected, rtol=1e-5)
        numbers = [np.array([stopping.best, stopping.best_epoch]), np.array(history["val_mae"])]
        return [*numbers, *hall.modules["networks"].weights(model)]

    return case


def checkpoint(scheduled: bool) -> Case:
    """A training stopped after two epochs of four and taken up by another model from a file."""

    def case(hall: Hall) -> list[np.ndarray]:
        fit, loss = hall.modules["training"].fit, hall.modules["losses"].mse

        def start() -> tuple[Any, Any, Any]:
            model = _network(hall, "tanh")
            step = _momentum(hall, model, scheduled)
            schedule = hall.modules["schedules"].warmup_cosine(0.1, 12, 4) if scheduled else None
            return model, step, hall.scheduler(schedule, step) if scheduled else None

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.checkpoint"
            model, step, schedule = start()
            options: dict[str, Any] = {"batch_size": 10, "schedule": schedule}
            history = fit(model, X, Y, loss, step, epochs=2, **options)
            save, load = hall.modules["checkpoints"].save, hall.modules["checkpoints"].load
            save(path, model, step, step=6, schedule=schedule, extra={"history": history})
            model, step, schedule = start()
            updates, extra = load(path, model, step, schedule=schedule)
            assert updates == 6
            assert extra == {"history": history}
            options["schedule"] = schedule
            rest = fit(model, X, Y, loss, step, epochs=4, first_epoch=2, **options)
            whole, step, options["schedule"] = start()
            curves = fit(whole, X, Y, loss, step, epochs=4, **options)
        assert list(curves) == ["loss", *(["lr"] if scheduled else [])]
        for name, curve in curves.items():
            np.testing.assert_allclose(history[name] + rest[name], curve, rtol=1e-6)
        return [*map(np.array, rest.values()), *hall.modules["networks"].weights(model)]

    return case


def _all() -> Iterator[tuple[str, str, Case]]:
    def plain(*names: str, **options: Any) -> Iterator[tuple[str, str, Case]]:
        for name in names:
            yield "activations", name, function("activations", name, Z, **options)

    yield from plain("linear", "relu", "sigmoid", "tanh", "softplus", "mish", "softmax", "log_softmax")
    yield from plain("leaky_relu", slope=0.2)
    yield from plain("elu", alpha=1.5)
    yield from plain("swish", beta=1.7)
    yield from plain("gelu")
    yield from plain("gelu", approximate=True)
    yield from plain("softmax", "log_softmax", axis=0)
    yield "activations", "Swish", layer("Swish", beta=1.3)
    yield "activations", "Swish", layer("Swish", beta=1.3, learnable=True)
    yield "activations", "Mish", layer("Mish")
    for name in ("mse", "mae"):
        yield "losses", name, function("losses", name, Z, fixed=(OTHER,))
    yield "losses", "huber", function("losses", "huber", Z, fixed=(OTHER,), delta=0.7)
    yield "losses", "smooth_l1", function("losses", "smooth_l1", Z, fixed=(OTHER,), beta=0.7)
    yield "losses", "binary_cross_entropy", function("losses", "binary_cross_entropy", Z, fixed=(YES_NO,))
    yield (
        "losses",
        "categorical_cross_entropy",
        function("losses", "categorical_cross_entropy", Z, fixed=(ONE_HOT,)),
    )
    for name in ("sparse_categorical_cross_entropy", "negative_log_likelihood"):
        yield "losses", name, function("losses", name, Z, fixed=(LABELS,))
    yield "losses", "hinge", function("losses", "hinge", Z, fixed=(2 * YES_NO - 1,))
    yield (
        "losses",
        "kl_divergence",
        function("losses", "kl_divergence", np.log(PROBABILITIES), fixed=(ONE_HOT,)),
    )
    yield "losses", "kl_divergence", function("losses", "kl_divergence", OTHER, fixed=(PROBABILITIES,))
    yield "losses", "focal", function("losses", "focal", Z, fixed=(LABELS,), gamma=1.5)
    yield "losses", "focal", function("losses", "focal", Z, fixed=(LABELS,), alpha=[0.1, 0.2, 0.3, 0.4])
    yield "losses", "dice", function("losses", "dice", PROBABILITIES, fixed=(YES_NO,), smoothing=0.5)
    yield "losses", "triplet", function("losses", "triplet", Z, OTHER, THIRD, margin=0.5)
    yield "losses", "weighted_sum", weighted
    yield "losses", "l1_penalty", penalty("l1_penalty")
    yield "losses", "l2_penalty", penalty("l2_penalty")
    for name in ("sgd", "adagrad", "rmsprop", "adam", "adamw", "nadam", "lion", "adafactor", "ema_momentum"):
        yield "optimizers", name, optimizer(name)
    yield "optimizers", "sgd", optimizer("sgd", momentum=0.9)
    yield "optimizers", "sgd", optimizer("sgd", momentum=0.9, nesterov=True)
    yield "optimizers", "adagrad", optimizer("adagrad", start=0.5)
    yield "optimizers", "adam", optimizer("adam", amsgrad=True)
    yield "optimizers", "adam", optimizer("adam", l2=0.1)
    yield "optimizers", "adamw", optimizer("adamw", weight_decay=0.1)
    yield "optimizers", "lion", optimizer("lion", weight_decay=0.1)
    yield "optimizers", "ema_momentum", optimizer("ema_momentum", bias_correction=False)
    for activation in (
        "relu",
        "leaky_relu",
        "elu",
        "sigmoid",
        "tanh",
        "linear",
        "swish",
        "gelu",
        "mish",
        "softplus",
    ):
        yield "networks", "mlp", network(activation)
    yield "networks", "weights", weights
    yield "networks", "set_weights", weights
    yield "networks", "predict", network("relu")
    yield "autodiff", "gradients", network("tanh")
    yield "layers", "count", layers("count")
    yield "layers", "summary", layers("summary")
    for scheduled in (False, True):
        yield "training", "fit", training(scheduled)
    for restore_best in (True, False):
        yield "training", "EarlyStopping", early_stopping(restore_best)
    # One round trip for both names.
    yield "checkpoints", "save", checkpoint(scheduled=False)
    yield "checkpoints", "load", checkpoint(scheduled=True)
    yield "schedules", "constant", schedule("constant", 0.1)
    yield "schedules", "step", schedule("step", 0.1, 7, factor=0.5)
    yield "schedules", "exponential", schedule("exponential", 0.1, 0.07)
    yield "schedules", "linear", schedule("linear", 0.1, 30, lr_min=0.02)
    yield "schedules", "cosine", schedule("cosine", 0.1, 30, lr_min=0.02)
    yield "schedules", "warmup", schedule("warmup", 0.1, 12)
    for length in (0, 1, 8):
        yield "schedules", "warmup_cosine", schedule("warmup_cosine", 0.1, 30, length, lr_min=0.02)
    yield "schedules", "one_cycle", schedule("one_cycle", 0.1, 30, rise=0.25, div=10.0, final_div=100.0)
    yield "lr_finder", "lr_range_test", range_test
    yield "regularization", "smooth_labels", smoothed
    yield "regularization", "limit_norms", limited
    yield "regularization", "warp", warped
    yield "probes", "activations", probe("activations", "X")
    yield "probes", "activation_statistics", probe("activation_statistics", "X")
    yield "probes", "weight_statistics", probe("weight_statistics")
    yield "probes", "gradient_statistics", probe("gradient_statistics", "loss", "X", "y")
    yield "probes", "first_non_finite", probe("first_non_finite", "loss", "X", "y")
    yield "probes", "check_gradients", probe("check_gradients", "loss", "X", "y", entries=5)


CASES: list[tuple[str, str, Case]] = list(_all())
