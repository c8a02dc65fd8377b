"""The schedules against their formulas, against the frameworks' own schedulers, and in use."""

from __future__ import annotations

import pickle
import warnings

import keras
import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

import course_lib.keras.schedules as keras_hall
import course_lib.pytorch.schedules as torch_hall
from course_lib.from_scratch import schedules
from tests.halls.frameworks import KERAS, PYTORCH

STEPS = 60
T = np.arange(90)
# Every schedule, with its length where it has one.
CASES: list[tuple[str, dict[str, float]]] = [
    ("constant", {"lr": 0.3}),
    ("step", {"lr": 0.3, "every": 7}),
    ("step", {"lr": 0.3, "every": 1, "factor": 0.9}),
    ("exponential", {"lr": 0.3, "rate": 0.05}),
    ("linear", {"lr": 0.3, "steps": STEPS}),
    ("linear", {"lr": 0.3, "steps": STEPS, "lr_min": 0.01}),
    ("cosine", {"lr": 0.3, "steps": STEPS}),
    ("cosine", {"lr": 0.3, "steps": STEPS, "lr_min": 0.01}),
    ("warmup", {"lr": 0.3, "steps": 10}),
    ("warmup_cosine", {"lr": 0.3, "steps": STEPS, "warmup": 0}),
    ("warmup_cosine", {"lr": 0.3, "steps": STEPS, "warmup": 1, "lr_min": 0.01}),
    ("warmup_cosine", {"lr": 0.3, "steps": STEPS, "warmup": 10, "lr_min": 0.01}),
    ("warmup_cosine", {"lr": 0.3, "steps": STEPS, "warmup": STEPS - 1}),
    ("one_cycle", {"lr_max": 0.3, "steps": STEPS}),
    ("one_cycle", {"lr_max": 0.3, "steps": STEPS, "rise": 0.33, "div": 10.0, "final_div": 100.0}),
]
IDS = [f"{name} {arguments}" for name, arguments in CASES]
ENDLESS = ("step", "exponential")


def rates(name: str, **arguments: float) -> np.ndarray:
    return getattr(schedules, name)(**arguments)(T)


def own_rates(make: object, lr: float, updates: int) -> np.ndarray:
    """The rates of one of PyTorch's schedulers, ``make(optimizer)``, on an optimiser with rate ``lr``."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SequentialLR steps its parts in a way PyTorch itself deprecates
        scheduler = make(optimizer)  # type: ignore[operator]
        seen = []
        for _ in range(updates):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return np.array(seen)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_the_halls_give_the_same_rate_at_every_update(name: str, arguments: dict[str, float]) -> None:
    expected = rates(name, **arguments)
    one_by_one = [getattr(schedules, name)(**arguments)(int(t)) for t in T]
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-15)
    ours = PYTORCH.rates(getattr(torch_hall, name)(**arguments), len(T))
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)
    theirs = KERAS.rates(getattr(keras_hall, name)(**arguments), len(T))
    np.testing.assert_allclose(theirs, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "arguments"), [case for case in CASES if case[0] not in ENDLESS], ids=lambda value: f"{value}"
)
def test_a_schedule_stays_where_it_ends(name: str, arguments: dict[str, float]) -> None:
    after = rates(name, **arguments)[STEPS:]
    assert np.ptp(after) == 0


def test_the_formulas() -> None:
    np.testing.assert_allclose(
        rates("step", lr=0.3, every=30)[[0, 29, 30, 59, 60]], [0.3, 0.3, 0.03, 0.03, 0.003]
    )
    np.testing.assert_allclose(rates("exponential", lr=1.0, rate=0.1)[10], np.exp(-1))
    np.testing.assert_allclose(rates("linear", lr=1.0, steps=60)[[0, 30, 60]], [1, 0.5, 0])
    np.testing.assert_allclose(
        rates("cosine", lr=1.0, steps=60, lr_min=0.2)[[0, 20, 30, 60]], [1, 0.8, 0.6, 0.2]
    )
    np.testing.assert_allclose(rates("warmup", lr=1.0, steps=4)[:6], [0.25, 0.5, 0.75, 1, 1, 1])
    both = rates("warmup_cosine", lr=1.0, steps=60, warmup=11, lr_min=0.2)
    np.testing.assert_allclose(both[[0, 10, 35, 60]], [1 / 11, 1, 0.6, 0.2])
    cycle = rates("one_cycle", lr_max=1.0, steps=60)
    np.testing.assert_allclose(cycle[[0, 17, 59]], [1 / 25, 1, 1 / 25e4])
    assert cycle.argmax() == 17


def test_warmup_of_one_update_is_the_plain_cosine() -> None:
    for warmup in (0, 1):
        np.testing.assert_array_equal(
            rates("warmup_cosine", lr=0.3, steps=STEPS, warmup=warmup), rates("cosine", lr=0.3, steps=STEPS)
        )


def test_pytorchs_own_schedulers() -> None:
    def sequence(optimizer: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        up = lr_scheduler.LinearLR(optimizer, 1 / 10, 1.0, total_iters=9)
        down = lr_scheduler.CosineAnnealingLR(optimizer, STEPS - 9, eta_min=0.01)
        return lr_scheduler.SequentialLR(optimizer, [up, down], milestones=[9])

    pairs = [
        (lambda o: lr_scheduler.StepLR(o, 7, 0.5), "step", {"lr": 0.3, "every": 7, "factor": 0.5}),
        (lambda o: lr_scheduler.ExponentialLR(o, np.exp(-0.05)), "exponential", {"lr": 0.3, "rate": 0.05}),
        (lambda o: lr_scheduler.PolynomialLR(o, STEPS), "linear", {"lr": 0.3, "steps": STEPS}),
        (
            lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=0.01),
            "cosine",
            {"lr": 0.3, "steps": STEPS, "lr_min": 0.01},
        ),
        (lambda o: lr_scheduler.LinearLR(o, 1 / 10, 1.0, total_iters=9), "warmup", {"lr": 0.3, "steps": 10}),
        (sequence, "warmup_cosine", {"lr": 0.3, "steps": STEPS, "warmup": 10, "lr_min": 0.01}),
        (
            lambda o: lr_scheduler.OneCycleLR(o, 0.3, STEPS, pct_start=0.33, cycle_momentum=False),
            "one_cycle",
            {"lr_max": 0.3, "steps": STEPS, "rise": 0.33},
        ),
    ]
    for make, name, arguments in pairs:
        expected = rates(name, **arguments)[:STEPS]
        np.testing.assert_allclose(
            own_rates(make, 0.3, STEPS), expected, rtol=1e-12, atol=1e-15, err_msg=name
        )


def test_keras_own_schedules() -> None:
    own = keras.optimizers.schedules
    pairs = [
        (own.ExponentialDecay(0.3, 7, 0.5, staircase=True), "step", {"lr": 0.3, "every": 7, "factor": 0.5}),
        (own.ExponentialDecay(0.3, 20, np.exp(-1)), "exponential", {"lr": 0.3, "rate": 0.05}),
        (
            own.PolynomialDecay(0.3, STEPS, end_learning_rate=0.01),
            "linear",
            {"lr": 0.3, "steps": STEPS, "lr_min": 0.01},
        ),
        (own.CosineDecay(0.3, STEPS, alpha=0.1), "cosine", {"lr": 0.3, "steps": STEPS, "lr_min": 0.03}),
        (
            own.CosineDecay(0.03, STEPS - 9, alpha=0.1, warmup_target=0.3, warmup_steps=9),
            "warmup_cosine",
            {"lr": 0.3, "steps": STEPS, "warmup": 10, "lr_min": 0.03},
        ),
    ]
    for schedule, name, arguments in pairs:
        seen = [float(schedule(int(t))) for t in T]
        np.testing.assert_allclose(seen, rates(name, **arguments), rtol=1e-5, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("hall", [schedules, torch_hall, keras_hall], ids=lambda hall: hall.__name__)
def test_nonsense_is_refused(hall: object) -> None:
    for name, arguments, word in [
        ("constant", {"lr": 0.0}, "lr"),
        ("step", {"lr": 0.1, "every": 0}, "every"),
        ("exponential", {"lr": 0.1, "rate": -1.0}, "rate"),
        ("cosine", {"lr": 0.1, "steps": 0}, "steps"),
        ("warmup_cosine", {"lr": 0.1, "steps": 10, "warmup": 10}, "warmup"),
        ("warmup_cosine", {"lr": 0.1, "steps": 10, "warmup": -1}, "warmup"),
        ("one_cycle", {"lr_max": 0.1, "steps": 3}, "rise"),
        ("one_cycle", {"lr_max": 0.1, "steps": 10, "rise": 1.0}, "rise"),
    ]:
        with pytest.raises(ValueError, match=word):
            getattr(hall, name)(**arguments)
    with pytest.raises(ValueError, match="from 0"):
        schedules.constant(0.1)(-1)


def test_the_torch_scheduler_resumes_from_a_pickled_state() -> None:
    def pair() -> tuple[torch.optim.Optimizer, lr_scheduler.LRScheduler]:
        groups = [{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(2)]
        optimizer = torch.optim.SGD(groups, lr=5.0)
        return optimizer, torch_hall.cosine(0.3, STEPS)(optimizer)

    optimizer, scheduler = pair()
    for _ in range(10):
        optimizer.step()
        scheduler.step()
    states = pickle.dumps((optimizer.state_dict(), scheduler.state_dict()))
    optimizer, scheduler = pair()
    for part, state in zip((optimizer, scheduler), pickle.loads(states), strict=True):
        part.load_state_dict(state)
    expected = rates("cosine", lr=0.3, steps=STEPS)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([expected[10]] * 2)
    optimizer.step()
    scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([expected[11]] * 2)


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=IDS)
def test_the_keras_schedule_survives_saving(name: str, arguments: dict[str, float]) -> None:
    schedule = getattr(keras_hall, name)(**arguments)
    optimizer = keras.optimizers.SGD(learning_rate=schedule)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    again.build([keras.Variable([0.0])])
    assert float(again.learning_rate) == pytest.approx(float(schedule(0)))


def test_the_keras_schedule_runs_inside_fit_and_in_a_saved_model(tmp_path: object) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    schedule = keras_hall.warmup_cosine(0.1, steps=8, warmup=3)
    model.compile(keras.optimizers.SGD(learning_rate=schedule), loss="mse")
    X = np.zeros((12, 1), "float32")
    model.fit(X, X, batch_size=4, epochs=2, verbose=0)
    expected = schedules.warmup_cosine(0.1, steps=8, warmup=3)(6)
    assert float(model.optimizer.learning_rate) == pytest.approx(expected, rel=1e-5)
    model.save(f"{tmp_path}/model.keras")
    loaded = keras.saving.load_model(f"{tmp_path}/model.keras")
    assert float(loaded.optimizer.learning_rate) == pytest.approx(expected, rel=1e-5)
