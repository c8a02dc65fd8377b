"""Learning-rate schedules in NumPy: functions from the number of an update (0, 1, 2, ...) to its rate.

A schedule counts updates, not epochs: one update is one batch. After its last update it stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["constant", "cosine", "exponential", "linear", "one_cycle", "step", "warmup", "warmup_cosine"]


class Schedule:
    """A formula of ``t``, the number of an update, that takes one number or an array of them."""

    def __init__(self, formula: Callable[[np.ndarray], np.ndarray]) -> None:
        self.formula = formula

    def __call__(self, update: int | np.ndarray) -> float | np.ndarray:
        """The rate of one update as a float, of many as an array. ``ValueError`` for a negative number."""
        t = np.asarray(update, dtype=float)
        if np.any(t < 0):
            raise ValueError(f"updates are numbered from 0, got {update}")
        rate = self.formula(t)
        return float(rate) if t.ndim == 0 else rate


def check_positive(**numbers: float) -> None:
    """``ValueError`` that names the first of ``numbers`` that is not above 0."""
    for name, value in numbers.items():
        if not value > 0:
            raise ValueError(f"{name} must be above 0, got {value}")


def constant(lr: float) -> Schedule:
    """The same rate for ever."""
    check_positive(lr=lr)
    return Schedule(lambda t: np.full_like(t, lr))


def step(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """``lr * factor^floor(t / every)``."""
    check_positive(lr=lr, every=every, factor=factor)
    return Schedule(lambda t: lr * factor ** (t // every))


def exponential(lr: float, rate: float) -> Schedule:
    """``lr * exp(-rate * t)``: after ``1 / rate`` updates 37 % are left."""
    check_positive(lr=lr, rate=rate)
    return Schedule(lambda t: lr * np.exp(-rate * t))


def linear(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """A straight line from ``lr`` to ``lr_min``, which update number ``steps`` would get."""
    check_positive(lr=lr, steps=steps)
    return Schedule(lambda t: lr + (lr_min - lr) * np.minimum(t / steps, 1))


def cosine(lr: float, steps: int, lr_min: float = 0.0) -> Schedule:
    """Half a cosine from ``lr`` to ``lr_min``, which update number ``steps`` would get.

    Source: Loshchilov and Hutter 2017, without restarts.
    """
    check_positive(lr=lr, steps=steps)
    return Schedule(lambda t: half_wave(lr, lr_min, np.minimum(t / steps, 1)))


def warmup(lr: float, steps: int) -> Schedule:
    """A straight line up to ``lr`` at the ``steps``-th update, then ``lr``. The first rate is not 0."""
    check_positive(lr=lr, steps=steps)
    return Schedule(lambda t: lr * np.minimum((t + 1) / steps, 1))


def warmup_cosine(lr: float, steps: int, warmup: int, lr_min: float = 0.0) -> Schedule:
    """:func:`warmup` over the first ``warmup`` updates, then half a cosine to ``lr_min`` at ``steps``.

    The ``warmup``-th update gets ``lr`` itself. With ``warmup`` 0 or 1 this is :func:`cosine`.
    """
    check_positive(lr=lr, steps=steps)
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup must be from 0 to steps - 1 = {steps - 1}, got {warmup}")
    peak = max(warmup, 1) - 1  # the number of the update with the highest rate

    def formula(t: np.ndarray) -> np.ndarray:
        down = half_wave(lr, lr_min, np.clip((t - peak) / (steps - peak), 0, 1))
        return np.where(t < peak, lr * (t + 1) / (peak + 1), down)

    return Schedule(formula)


def one_cycle(
    lr_max: float, steps: int, rise: float = 0.3, div: float = 25.0, final_div: float = 1e4
) -> Schedule:
    """Half a wave up from ``lr_max / div`` for the share ``rise`` of ``steps``, then one down.

    The last of the ``steps`` updates gets ``lr_max / (div * final_div)``. Source: Smith and Topin 2019,
    in PyTorch's form.
    """
    check_positive(lr_max=lr_max, steps=steps, div=div, final_div=final_div)
    peak, last = rise * steps - 1, steps - 1
    if not 0 < peak < last:
        raise ValueError(f"rise * steps must be above 1 and below steps = {steps}, got {rise * steps:g}")
    low, end = lr_max / div, lr_max / div / final_div

    def formula(t: np.ndarray) -> np.ndarray:
        up = half_wave(low, lr_max, t / peak)
        down = half_wave(lr_max, end, np.minimum((t - peak) / (last - peak), 1))
        return np.where(t <= peak, up, down)

    return Schedule(formula)


def half_wave(start: float, end: float, progress: np.ndarray) -> np.ndarray:
    """From ``start`` to ``end`` along half a cosine wave, for ``progress`` from 0 to 1."""
    return end + (start - end) * (1 + np.cos(np.pi * progress)) / 2
