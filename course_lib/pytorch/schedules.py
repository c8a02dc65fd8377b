"""Learning-rate schedules in PyTorch: each name returns a function that attaches a scheduler to an optimiser.

    scheduler = schedules.cosine(0.1, steps=1000)(optimizer)
    ...
    optimizer.step()
    scheduler.step()  # after every update, not after every epoch

Same names, arguments and rates as :mod:`course_lib.from_scratch.schedules`. The rates are absolute: whatever
the optimiser was made with is overwritten, in all its parameter groups.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.optim.lr_scheduler import LRScheduler

__all__ = ["constant", "cosine", "exponential", "linear", "one_cycle", "step", "warmup", "warmup_cosine"]

Schedule = Callable[[torch.optim.Optimizer], LRScheduler]


class Scheduler(LRScheduler):
    """Gives every parameter group the rate ``formula(t)`` for update number ``t`` = 0, 1, 2, ..."""

    def __init__(self, optimizer: torch.optim.Optimizer, formula: Callable[[int], float]) -> None:
        self.formula = formula
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        """The rate of the next update, once per group; PyTorch counts the updates in ``last_epoch``."""
        return [self.formula(self.last_epoch) for _ in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint needs; the formula itself comes from the code and cannot be pickled."""
        return {key: value for key, value in super().state_dict().items() if key != "formula"}


def attach(formula: Callable[[int], float]) -> Schedule:
    """The function ``optimizer -> scheduler`` for a formula."""
    return lambda optimizer: Scheduler(optimizer, formula)


def check_positive(**numbers: float) -> None:
    """``ValueError`` that names the first of ``numbers`` that is not above 0."""
    for name, value in numbers.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, got {value}")


def constant(lr: float) -> Schedule:
    """The same rate for ever."""
    check_positive(lr=lr)
    return attach(lambda t: lr)


def step(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """``lr * factor^floor(t / every)``."""
    check_positive(lr=lr, every=every, factor=factor)
    return attach(lambda t: lr * factor ** (t // every))


def exponential(lr: float, rate: float) -> Schedule:
    """``lr * exp(-rate * t)``: after ``1 / rate`` updates 37 % are left."""
    check_positive(lr=lr, rate=rate)
    return attach(lambda t: lr * math.exp(-rate * t))


def linear(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """A straight line from ``lr`` to ``lr_min``, which update number ``steps`` would get."""
    check_positive(lr=lr, steps=steps)
    return attach(lambda t: lr + (lr_min - lr) * min(t / steps, 1))


def cosine(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """Half a cosine from ``lr`` to ``lr_min``, which update number ``steps`` would get.

    Source: Loshchilov and Hutter 2017, without restarts.
    """
    check_positive(lr=lr, steps=steps)
    return attach(lambda t: half_wave(lr, lr_min, min(t / steps, 1)))


def warmup(lr: float, steps: int) -> Schedule:
    """A straight line up to ``lr`` at the ``steps``-th update, then ``lr``. The first rate is not 0."""
    check_positive(lr=lr, steps=steps)
    return attach(lambda t: lr * min((t + 1) / steps, 1))


def warmup_cosine(lr: float, steps: int, warmup: int, lr_min: float = 0.0) -> Schedule:
    """:func:`warmup` over the first ``warmup`` updates, then half a cosine to ``lr_min`` at ``steps``.

    The ``warmup``-th update gets ``lr`` itself. With ``warmup`` 0 or 1 this is :func:`cosine`.
    """
    check_positive(lr=lr, steps=steps)
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup must be from 0 to steps - 1 = {steps - 1}, got {warmup}")
    peak = max(warmup, 1) - 1  # the number of the update with the highest rate

    def formula(t: int) -> float:
        if t < peak:
            return lr * (t + 1) / (peak + 1)
        return half_wave(lr, lr_min, min((t - peak) / (steps - peak), 1))

    return attach(formula)


def one_cycle(
    lr_max: float, steps: int, rise: float = 0.3, div: float = 25.0, final_div: float = 1e4
) -> Schedule:
    """Half a wave up from ``lr_max / div`` for the share ``rise`` of ``steps``, then one down.

    The last of the ``steps`` updates gets ``lr_max / (div * final_div)``. Source: Smith and Topin 2019.
    These are the rates of PyTorch's ``OneCycleLR``, which also changes the momentum unless told not to.
    """
    check_positive(lr_max=lr_max, steps=steps, div=div, final_div=final_div)
    peak, last = rise * steps - 1, steps - 1
    if not 0 < peak < last:
        raise ValueError(f"rise * steps must be above 1 and below steps = {steps}, got {rise * steps:g}")
    low, end = lr_max / div, lr_max / div / final_div

    def formula(t: int) -> float:
        if t <= peak:
            return half_wave(low, lr_max, t / peak)
        return half_wave(lr_max, end, min((t - peak) / (last - peak), 1))

    return attach(formula)


def half_wave(start: float, end: float, progress: float) -> float:
    """From ``start`` to ``end`` along half a cosine wave, for ``progress`` from 0 to 1."""
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2
