"""Learning-rate schedules in Keras: each name returns a ``LearningRateSchedule``, which a model can save.

Same names, arguments and rates as :mod:`course_lib.from_scratch.schedules`, in float32. Everything is
``keras.ops``: inside ``fit`` the number of the update is a tensor, which a Python ``if`` cannot look at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

__all__ = ["constant", "cosine", "exponential", "linear", "one_cycle", "step", "warmup", "warmup_cosine"]


@keras.saving.register_keras_serializable(package="course_lib")
class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """A formula of this module by its name, with its settings."""

    def __init__(self, formula: str, **settings: float) -> None:
        super().__init__()
        self.formula, self.settings = formula, settings

    def __call__(self, step: Any) -> Any:
        """The rate of update number ``step`` = 0, 1, 2, ...; Keras passes ``optimizer.iterations``."""
        return FORMULAS[self.formula](ops.cast(step, "float32"), **self.settings)

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the same schedule from a saved model."""
        return {"formula": self.formula, **self.settings}


def half_wave(start: float, end: float, progress: Any) -> Any:
    """From ``start`` to ``end`` along half a cosine wave, for ``progress`` from 0 to 1."""
    return end + (start - end) * (1 + ops.cos(math.pi * progress)) / 2


def _constant(t: Any, lr: float) -> Any:
    return ops.full_like(t, lr)


def _step(t: Any, lr: float, every: int, factor: float) -> Any:
    return lr * ops.power(ops.cast(factor, "float32"), ops.floor(t / every))


def _exponential(t: Any, lr: float, rate: float) -> Any:
    return lr * ops.exp(-rate * t)


def _linear(t: Any, lr: float, steps: int, lr_min: float) -> Any:
    return lr + (lr_min - lr) * ops.minimum(t / steps, 1.0)


def _cosine(t: Any, lr: float, steps: int, lr_min: float) -> Any:
    return half_wave(lr, lr_min, ops.minimum(t / steps, 1.0))


def _warmup(t: Any, lr: float, steps: int) -> Any:
    return lr * ops.minimum((t + 1) / steps, 1.0)


def _warmup_cosine(t: Any, lr: float, steps: int, warmup: int, lr_min: float) -> Any:
    peak = max(warmup, 1) - 1  # the number of the update with the highest rate
    down = half_wave(lr, lr_min, ops.clip((t - peak) / (steps - peak), 0.0, 1.0))
    return ops.where(t < peak, lr * (t + 1) / (peak + 1), down)


def _one_cycle(t: Any, lr_max: float, steps: int, rise: float, div: float, final_div: float) -> Any:
    peak, last = rise * steps - 1, steps - 1
    up = half_wave(lr_max / div, lr_max, t / peak)
    down = half_wave(lr_max, lr_max / div / final_div, ops.minimum((t - peak) / (last - peak), 1.0))
    return ops.where(t <= peak, up, down)


FORMULAS: dict[str, Callable[..., Any]] = {
    "constant": _constant,
    "step": _step,
    "exponential": _exponential,
    "linear": _linear,
    "cosine": _cosine,
    "warmup": _warmup,
    "warmup_cosine": _warmup_cosine,
    "one_cycle": _one_cycle,
}


def check_positive(**numbers: float) -> None:
    """``ValueError`` that names the first of ``numbers`` that is not above 0."""
    for name, value in numbers.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, got {value}")


def constant(lr: float) -> Schedule:
    """The same rate for ever."""
    check_positive(lr=lr)
    return Schedule("constant", lr=lr)


def step(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """``lr * factor^floor(t / every)``."""
    check_positive(lr=lr, every=every, factor=factor)
    return Schedule("step", lr=lr, every=every, factor=factor)


def exponential(lr: float, rate: float) -> Schedule:
    """``lr * exp(-rate * t)``: after ``1 / rate`` updates 37 % are left."""
    check_positive(lr=lr, rate=rate)
    return Schedule("exponential", lr=lr, rate=rate)


def linear(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """A straight line from ``lr`` to ``lr_min``, which update number ``steps`` would get."""
    check_positive(lr=lr, steps=steps)
    return Schedule("linear", lr=lr, steps=steps, lr_min=lr_min)


def cosine(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """Half a cosine from ``lr`` to ``lr_min``, which update number ``steps`` would get.

    Source: Loshchilov and Hutter 2017, without restarts.
    """
    check_positive(lr=lr, steps=steps)
    return Schedule("cosine", lr=lr, steps=steps, lr_min=lr_min)


def warmup(lr: float, steps: int) -> Schedule:
    """A straight line up to ``lr`` at the ``steps``-th update, then ``lr``. The first rate is not 0."""
    check_positive(lr=lr, steps=steps)
    return Schedule("warmup", lr=lr, steps=steps)


def warmup_cosine(lr: float, steps: int, warmup: int, lr_min: float = 0.0) -> Schedule:
    """:func:`warmup` over the first ``warmup`` updates, then half a cosine to ``lr_min`` at ``steps``.

    The ``warmup``-th update gets ``lr`` itself. With ``warmup`` 0 or 1 this is :func:`cosine`.
    """
    check_positive(lr=lr, steps=steps)
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup must be from 0 to steps - 1 = {steps - 1}, got {warmup}")
    return Schedule("warmup_cosine", lr=lr, steps=steps, warmup=warmup, lr_min=lr_min)


def one_cycle(
    lr_max: float, steps: int, rise: float = 0.3, div: float = 25.0, final_div: float = 1e4
) -> Schedule:
    """Half a wave up from ``lr_max / div`` for the share ``rise`` of ``steps``, then one down.

    The last of the ``steps`` updates gets ``lr_max / (div * final_div)``. Source: Smith and Topin 2019,
    in PyTorch's form; Keras has no such schedule.
    """
    check_positive(lr_max=lr_max, steps=steps, div=div, final_div=final_div)
    if not 1 < rise * steps < steps:
        raise ValueError(f"rise * steps must be above 1 and below steps = {steps}, got {rise * steps:g}")
    return Schedule("one_cycle", lr_max=lr_max, steps=steps, rise=rise, div=div, final_div=final_div)
