"""Checkpoints in NumPy: everything a training run needs to go on exactly where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data.archive import plain, random_state, read_archive, set_random_state, write_archive
from course_lib.from_scratch.networks import MLP, set_weights
from course_lib.from_scratch.optimizers import Optimizer

__all__ = ["load", "save"]

Schedule = Callable[[int], float]


def save(
    path: str | Path,
    model: MLP,
    optimizer: Optimizer,
    *,
    step: int,
    schedule: Schedule | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write the state of a training run after ``step`` updates to ``path``.

    The file holds the weights, the optimiser's memory, the state of Python's and NumPy's random generators
    and ``extra``: plain values such as the history. A ``schedule`` is a function of the number of the update
    here: it has no state to keep, and ``step`` says where it is. An older file at ``path`` is replaced only
    when the new one is complete. Raises ``TypeError`` when ``extra`` holds something else than plain values.
    """
    arrays = {f"model.{i}": w for i, w in enumerate(model.params)}
    for i, memory in enumerate(optimizer.state):
        arrays |= {f"optimizer.{i}.{name}": np.asarray(value) for name, value in memory.items()}
    values = {
        "optimizer": _numbers(optimizer),
        "step": int(step),
        "extra": plain(dict(extra or {})),
        "random": random_state(),
    }
    write_archive(path, arrays, values)


def load(
    path: str | Path,
    model: MLP,
    optimizer: Optimizer | None = None,
    *,
    schedule: Schedule | None = None,
) -> tuple[int, dict[str, Any]]:
    """Put a run back to the state that :func:`save` wrote; returns ``step`` and ``extra``.

    ``model`` and ``optimizer`` are built as they were for the first run. Without ``optimizer`` only the
    weights are loaded, to predict with them, and no random generator is touched. Raises ``ValueError`` when
    the shapes differ from those in the file.
    """
    arrays, values = read_archive(path)
    if optimizer is not None:
        wanted = {name: array.shape for name, array in arrays.items() if name.startswith("optimizer.")}
        memory = [(f"optimizer.{i}.{k}", v) for i, s in enumerate(optimizer.state) for k, v in s.items()]
        if wanted != {name: value.shape for name, value in memory}:
            raise ValueError(f"{path} was saved with another optimiser")
    set_weights(model, [array for name, array in arrays.items() if name.startswith("model.")])
    if optimizer is not None:
        for i, state in enumerate(optimizer.state):
            for name in state:
                state[name] = arrays[f"optimizer.{i}.{name}"]
        for name, number in values["optimizer"].items():
            setattr(optimizer, name, number)
        set_random_state(values["random"])
    return values["step"], values["extra"]


def _numbers(optimizer: Optimizer) -> dict[str, float]:
    """The optimiser's own numbers: its count of steps, learning rate and settings."""
    items = {k: v.item() if isinstance(v, np.generic) else v for k, v in vars(optimizer).items()}
    return {name: value for name, value in items.items() if isinstance(value, bool | int | float)}
