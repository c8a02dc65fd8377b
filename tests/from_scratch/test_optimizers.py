"""The NumPy optimisers against closed forms, and every hall against it, step by step."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from course_lib.from_scratch import optimizers

# Every factory, with each argument that changes the update.
CASES: list[tuple[str, dict[str, object]]] = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("adagrad", {"eps": 1e-3}),
    ("adagrad", {"start": 0.1}),
    ("rmsprop", {"rho": 0.8, "eps": 1e-3}),
    ("adam", {"eps": 1e-3}),
    ("adam", {"beta_1": 0.8, "beta_2": 0.95, "amsgrad": True}),
    ("adam", {"l2": 0.1}),
    ("adamw", {"weight_decay": 0.1}),
    ("nadam", {}),
    ("lion", {"weight_decay": 0.1}),
    ("adafactor", {}),
    ("adafactor", {"decay": 0.5, "eps_2": 1.0, "clip": 2.0}),
    ("ema_momentum", {}),
    ("ema_momentum", {"beta": 0.5, "bias_correction": False}),
]
IDS = [f"{name} {arguments}" for name, arguments in CASES]
SHAPES = [(5, 4), (4,)]
STEPS = 25


def problem() -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Start arrays, and gradients of changing size; one row and one column never get any."""
    rng = np.random.default_rng(1)
    start = [rng.normal(size=shape).astype(np.float32) for shape in SHAPES]
    steps = []
    for _ in range(STEPS):
        scale = 10.0 ** rng.integers(-4, 2)
        grads = [(scale * rng.normal(size=shape)).astype(np.float32) for shape in SHAPES]
        grads[0][1], grads[0][:, 2] = 0, 0
        steps.append(grads)
    return start, steps


def numpy_path(name: str, arguments: dict[str, object]) -> list[np.ndarray]:
    """All parameters in one vector after each step."""
    start, steps = problem()
    params = [w.copy() for w in start]
    optimizer = getattr(optimizers, name)(params, 0.01, **arguments)
    path = []
    for grads in steps:
        optimizer.step(grads)
        path.append(np.concatenate([w.ravel() for w in params]))
    return path


def keras_path(name: str, arguments: dict[str, object]) -> list[np.ndarray]:
    """The same in Keras, on whatever backend is active."""
    import keras

    from course_lib.keras import optimizers as hall

    start, steps = problem()
    params = [keras.Variable(w) for w in start]
    optimizer = getattr(hall, name)(params, 0.01, **arguments)
    path = []
    for grads in steps:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in grads])
        path.append(np.concatenate([keras.ops.convert_to_numpy(w).ravel() for w in params]))
    return path


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_pytorch_takes_the_same_steps(name: str, arguments: dict[str, object]) -> None:
    import torch

    from course_lib.pytorch import optimizers as hall

    start, steps = problem()
    params = [torch.nn.Parameter(torch.tensor(w)) for w in start]
    optimizer = getattr(hall, name)(params, 0.01, **arguments)
    for grads, expected in zip(steps, numpy_path(name, arguments), strict=True):
        for w, g in zip(params, grads, strict=True):
            w.grad = torch.tensor(g)
        optimizer.step()
        got = torch.cat([w.detach().ravel() for w in params]).numpy()
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_keras_takes_the_same_steps(name: str, arguments: dict[str, object]) -> None:
    np.testing.assert_allclose(keras_path(name, arguments), numpy_path(name, arguments), rtol=0, atol=1e-5)


def test_keras_takes_the_same_steps_on_the_torch_backend() -> None:
    script = (
        "import json, sys; from tests.from_scratch.test_optimizers import CASES, keras_path; import keras;"
        "json.dump([keras.backend.backend(), [keras_path(*c)[-1].tolist() for c in CASES]], sys.stdout)"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env=os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    backend, ends = json.loads(done.stdout)
    assert backend == "torch"
    for case, end in zip(CASES, ends, strict=True):
        np.testing.assert_allclose(end, numpy_path(*case)[-1], rtol=0, atol=1e-5, err_msg=str(case))


def test_the_halls_have_the_same_names_and_arguments() -> None:
    import course_lib.keras.optimizers as keras_hall
    import course_lib.pytorch.optimizers as torch_hall

    assert optimizers.__all__ == torch_hall.__all__ == keras_hall.__all__
    for name in optimizers.__all__:
        parameters = [
            {p.name: p.default for p in inspect.signature(getattr(hall, name)).parameters.values()}
            for hall in (optimizers, torch_hall, keras_hall)
        ]
        assert parameters[0] == parameters[1] == parameters[2], name
        assert list(parameters[0])[:2] == ["params", "lr"], name


def descend(name: str, grads: list[float], lr: float = 0.1, w: float = 0.0, **arguments: object) -> float:
    """Where one number ends after the given gradients."""
    params = [np.array([w])]
    optimizer = getattr(optimizers, name)(params, lr, **arguments)
    for g in grads:
        optimizer.step([np.array([g])])
    return params[0].item()


def test_plain_descent_subtracts_the_sum_of_gradients() -> None:
    assert descend("sgd", [1.0, 2.0, 3.0]) == pytest.approx(-0.6)


def test_momentum_ends_at_the_geometric_sum() -> None:
    n, beta = 40, 0.9
    steps = [(1 - beta**t) / (1 - beta) for t in range(1, n + 1)]
    assert descend("sgd", [1.0] * n, momentum=beta) == pytest.approx(-0.1 * sum(steps))


def test_nesterov_is_momentum_with_the_gradient_at_the_look_ahead_point() -> None:
    beta, lr, A = 0.9, 0.02, np.array([1.0, 25.0])
    params = [np.array([3.0, -2.0])]
    optimizer = optimizers.sgd(params, lr, momentum=beta, nesterov=True)
    w, v = params[0].copy(), np.zeros(2)
    for _ in range(50):
        v = beta * v - lr * A * (w + beta * v)
        w = w + v
        optimizer.step([A * params[0]])
        np.testing.assert_allclose(params[0], w + beta * v, atol=1e-14)


def test_adagrad_steps_shrink_with_the_root_of_their_number() -> None:
    expected = -0.1 * sum(1 / np.sqrt(t) for t in range(1, 21))
    assert descend("adagrad", [7.0] * 20, eps=0.0) == pytest.approx(expected)


def test_rmsprop_with_eps_outside_the_root() -> None:
    g, eps, rho = 1e-3, 1e-3, 0.9
    assert descend("rmsprop", [g], rho=rho, eps=eps) == pytest.approx(-0.1 * g / (np.sqrt(0.1) * g + eps))


@pytest.mark.parametrize("g", [1e-3, 1.0, 1e3])
def test_adam_with_a_constant_gradient_moves_lr_per_step(g: float) -> None:
    assert descend("adam", [g] * 10, eps=0.0) == pytest.approx(-1.0)


def test_amsgrad_never_forgets_a_large_gradient() -> None:
    with_memory = descend("adam", [100.0] + [1e-3] * 500, beta_2=0.9, amsgrad=True, beta_1=0.0)
    without = descend("adam", [100.0] + [1e-3] * 500, beta_2=0.9, beta_1=0.0)
    assert abs(with_memory) < 0.2
    assert abs(without) > 10


def test_decoupled_decay_shrinks_by_the_same_factor_whatever_the_gradient() -> None:
    kept = [
        descend("adamw", [scale, -scale] * 100, lr=0.01, w=1.0, weight_decay=0.1, beta_1=0.0)
        for scale in (10.0, 0.01)
    ]
    assert kept == pytest.approx([0.999**200] * 2, abs=0.01)


def test_l2_in_adam_hardly_touches_a_weight_with_large_gradients() -> None:
    large, small = (
        descend("adam", [scale, -scale] * 100, lr=0.01, w=1.0, l2=0.1, beta_1=0.0) for scale in (10.0, 0.01)
    )
    assert large > 0.98
    assert small < 0.5


def test_lion_follows_its_momentum_not_the_sign_of_the_gradient() -> None:
    assert descend("lion", [1.0] * 4 + [-0.05]) == pytest.approx(-0.5)


def test_adafactor_first_step_is_a_share_of_the_weights() -> None:
    w = np.full((3, 2), 2.0)
    optimizers.adafactor([w], 0.01).step([np.full((3, 2), 5.0)])
    np.testing.assert_allclose(w, 2.0 - 0.01 * 2.0)


def test_ema_momentum_is_the_summed_form_with_a_tenth_of_the_rate() -> None:
    grads = [1.0, -2.0, 0.5, 3.0]
    average = descend("ema_momentum", grads, lr=1.0, beta=0.9, bias_correction=False)
    assert average == pytest.approx(descend("sgd", grads, lr=0.1, momentum=0.9))
    assert descend("ema_momentum", [1.0] * 7, lr=0.1) == pytest.approx(-0.7)


def test_state_size_counts_what_is_remembered() -> None:
    n, d, k = 7 * 5 + 5, 7, 5
    sizes = {
        "sgd": 0,
        "adagrad": n,
        "rmsprop": n,
        "adam": 2 * n,
        "adamw": 2 * n,
        "nadam": 2 * n,
        "lion": n,
        "adafactor": d + k + k,
        "ema_momentum": n,
    }
    assert set(sizes) == set(optimizers.__all__)
    for name, size in sizes.items():
        assert getattr(optimizers, name)([np.zeros((d, k)), np.zeros(k)], 0.1).state_size() == size, name
    assert optimizers.sgd([np.zeros((d, k)), np.zeros(k)], 0.1, momentum=0.9).state_size() == n
    assert optimizers.adam([np.zeros((d, k)), np.zeros(k)], 0.1, amsgrad=True).state_size() == 3 * n


@pytest.mark.parametrize("name", [name for name in optimizers.__all__ if name != "adafactor"])
def test_one_learning_rate_per_network(name: str) -> None:
    rates, grads = np.array([[0.1], [0.2]]), np.array([[1.0, -3.0], [1.0, -3.0]])
    together = np.zeros((2, 2))
    optimizer = getattr(optimizers, name)([together], rates)
    optimizer.step([grads])
    optimizer.step([grads / 2])
    for row, lr in enumerate((0.1, 0.2)):
        alone = np.zeros(2)
        single = getattr(optimizers, name)([alone], lr)
        single.step([grads[row]])
        single.step([grads[row] / 2])
        np.testing.assert_allclose(together[row], alone)


@pytest.mark.parametrize("name", optimizers.__all__)
def test_float32_stays_float32_and_the_array_itself_changes(name: str) -> None:
    w = np.ones((2, 2), np.float32)
    optimizer = getattr(optimizers, name)([w], 0.1)
    optimizer.step([np.ones((2, 2), np.float32)])
    assert optimizer.params[0] is w
    assert w.dtype == np.float32
    assert all(value.dtype == np.float32 for s in optimizer.state for value in s.values())
    assert np.all(w < 1)


def test_bad_input_is_refused_with_a_reason() -> None:
    with pytest.raises(ValueError, match="at least one parameter"):
        optimizers.sgd([], 0.1)
    with pytest.raises(TypeError, match="floating-point"):
        optimizers.sgd([np.zeros(2, int)], 0.1)
    with pytest.raises(ValueError, match="lr must be 0 or more"):
        optimizers.adam([np.zeros(2)], -0.1)
    with pytest.raises(ValueError, match="do not fit"):
        optimizers.sgd([np.zeros(2)], 0.1).step([np.zeros(3)])
    with pytest.raises(ValueError, match="needs a momentum"):
        optimizers.sgd([np.zeros(2)], 0.1, nesterov=True)


def test_torch_classes_call_the_closure_and_return_its_loss() -> None:
    import torch

    from course_lib.pytorch.optimizers import ema_momentum, lion

    for factory in (ema_momentum, lion):
        w = torch.nn.Parameter(torch.tensor([2.0]))
        optimizer = factory([w], 0.1)

        def closure(w: torch.nn.Parameter = w, optimizer: torch.optim.Optimizer = optimizer) -> torch.Tensor:
            optimizer.zero_grad()
            loss = (w**2).sum()
            loss.backward()
            return loss

        assert optimizer.step(closure).item() == pytest.approx(4.0)
        assert w.item() < 2.0


@pytest.mark.parametrize("name", ["ema_momentum", "adam", "rmsprop", "adagrad"])
def test_keras_classes_survive_saving(name: str) -> None:
    import keras

    from course_lib.keras import optimizers as hall

    variable = keras.Variable(np.ones(2, np.float32))
    optimizer = getattr(hall, name)([variable], 0.05)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize("name", optimizers.__all__)
def test_both_frameworks_train_a_network_alike(name: str) -> None:
    import keras
    import torch

    from course_lib.keras import networks as keras_networks
    from course_lib.keras import optimizers as keras_optimizers
    from course_lib.keras import training as keras_training
    from course_lib.pytorch import networks as torch_networks
    from course_lib.pytorch import optimizers as torch_optimizers
    from course_lib.pytorch import training as torch_training

    rng = np.random.default_rng(0)
    X = rng.normal(size=(64, 3)).astype(np.float32)
    y = X[:, :1] ** 2
    torch_model, keras_model = torch_networks.mlp([3, 8, 1], "tanh"), keras_networks.mlp([3, 8, 1], "tanh")
    keras_networks.set_weights(keras_model, torch_networks.weights(torch_model))
    torch_optimizer = getattr(torch_optimizers, name)(torch_model.parameters(), 0.01)
    keras_optimizer = getattr(keras_optimizers, name)(keras_model.trainable_variables, 0.01)
    ours = torch_training.fit(
        torch_model, X, y, lambda y_hat, y: torch.mean((y_hat - y) ** 2), torch_optimizer, epochs=5
    )
    theirs = keras_training.fit(
        keras_model, X, y, lambda y_hat, y: keras.ops.mean((y_hat - y) ** 2), keras_optimizer, epochs=5
    )
    np.testing.assert_allclose(theirs["loss"], ours["loss"], rtol=1e-4)
    assert ours["loss"][-1] < ours["loss"][0]
